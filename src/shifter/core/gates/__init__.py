"""One judge a file: what a gate saw becomes a reading, and the plan its verdict."""
