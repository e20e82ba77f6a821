"""Blast radius: how many customers a bad release hurts before it is taken back.

A simulated payment service moves from blue to green under each policy, over the same
faults and the same healthy releases.  Time goes in ticks of ten seconds.

    python -m benchmarks.blast_radius            the whole table, some minutes
    python -m benchmarks.blast_radius --short    the same in about a minute
"""
