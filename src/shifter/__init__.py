"""Shifter moves a production payment system from blue to green on AWS, and back."""
