"""The verbs, one a file: the only place with a sequence of effects."""
