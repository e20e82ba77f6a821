"""Every password that a test makes, so that its output can be searched for them."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from rotation_hooks.adapters.random import RandomPasswords


class KnownPasswords:
    """Fits `ports.Passwords`, and remembers."""

    def __init__(self) -> None:
        self.known: list[str] = []
        self.told: set[str] = set()

    def new(self) -> str:
        return self.keep(RandomPasswords().new())

    def keep(self, password: str) -> str:
        self.known.append(password)
        return password

    def tell(self, error: BaseException) -> None:
        """Keep what an error would print, with all that it hangs on."""
        self.told.update(traceback.format_exception(error))

    def found_in(self, text: str) -> Iterator[str]:
        return (password for password in self.known if password in text)
