"""A small payment service: what Shifter moves, in demos, tests and first deployments.

    python -m sample_app

It takes payments once each, says which lane answered, and answers 503 where the
database takes no writes.  README.md tells what it is told by its environment, what it
answers, and what it counts.  Nothing of Shifter is imported here.
"""
