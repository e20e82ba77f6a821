"""`make deploy`: a deployment under the environment's lock, with the live weights.

wanted.py    what samconfig.toml and the profile ask for, and what is wrong with it
weights.py   the weights of a stack's parameters, and the live ones: pure
place.py     the account: the stack, the lock, the live weights
run.py       the sequence: lock, weights, SAM, and the lock again
"""
