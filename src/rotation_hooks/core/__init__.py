"""What to do: pure functions and values.  Nothing here knows AWS, MySQL or the time."""
