"""Adapters: each fits one port, and translates, calls, translates.

No business words in here, and no botocore error outside of here.
"""
