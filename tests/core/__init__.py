"""Core: examples, rules as properties, and mutants that the properties must notice."""
