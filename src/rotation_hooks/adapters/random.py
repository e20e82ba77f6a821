"""Passwords from the operating system's randomness."""

from __future__ import annotations

import secrets

from rotation_hooks.core.passwords import generate


class RandomPasswords:
    """Fits `ports.Passwords`."""

    def new(self) -> str:
        return generate(secrets.choice)
