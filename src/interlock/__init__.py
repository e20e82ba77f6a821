"""What Shifter and the rotation hooks share: the environment's lock, and event shapes.

It imports nothing of either.
"""
