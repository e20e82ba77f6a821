"""`make deploy`."""
