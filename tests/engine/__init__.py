"""The engine over memory: every verb, and what it does to record and world."""
