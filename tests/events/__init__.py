"""The files in events/: each one drives its function, here and in docker."""
