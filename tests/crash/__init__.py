"""Crash schedules: the real state machine and the real engine over a world in memory.

Every effect is crashed before and after, loses its answer, lands late, comes slowly or
happens twice, alone and in pairs, with and without an operator's abort racing; every
run must end well.  `make crash` runs them all; `python -m tests.crash --help` says how
to replay one.
"""
