"""The same ports without AWS and without a database."""
