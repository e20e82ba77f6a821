"""The operator's command line; no Lambda imports it."""
