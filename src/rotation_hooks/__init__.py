"""The rotation of the databases' credentials, and how it stays clear of a cutover.

A deployable of its own: it shares only the environment's lock with Shifter.
"""
