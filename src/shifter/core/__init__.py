"""The core: pure.  No clock, no AWS, no environment; time is an argument."""
