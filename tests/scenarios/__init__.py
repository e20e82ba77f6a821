"""`make scenarios`: every run of every scenario, and whether anything is wrong."""
