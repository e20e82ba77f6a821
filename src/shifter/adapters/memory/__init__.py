"""The ports without AWS: the same promises, deterministic and synchronous."""
