"""Passwords that everything on their way can carry.

The characters that are left out are those of the hosted rotation's default and those
that a DMS endpoint refuses; `infra/security.yaml` leaves out the same.

AWS documentation: AWS DMS user guide, "Using secrets to access AWS DMS endpoints";
Secrets Manager API, `GetRandomPassword`.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence

LENGTH = 32
EXCLUDED = frozenset("/@\"'\\;:+.%")
_KINDS = (
    string.ascii_lowercase,
    string.ascii_uppercase,
    string.digits,
    "".join(sorted(set(string.punctuation) - EXCLUDED)),
)
ALPHABET = "".join(_KINDS)


def generate(choose: Callable[[Sequence[str]], str]) -> str:
    """A password with a character of each kind.  `choose` picks one at random.

    Whole passwords are drawn until one fits, so that no place in it is special.
    """
    while True:
        drawn = "".join(choose(ALPHABET) for _ in range(LENGTH))
        if all(set(kind) & set(drawn) for kind in _KINDS):
            return drawn
