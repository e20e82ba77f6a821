"""Adapters: one contract over memory and AWS for each port, then what AWS adds."""
