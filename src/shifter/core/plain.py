"""Plain text: what people write, without what moves a cursor or colours a terminal.

Characters are replaced and never refused: going back must not fail on one.  Each gives
way to one other, so that a text which was short enough stays so.
"""

from __future__ import annotations

from typing import Any

from pydantic import BeforeValidator

_PICTURES = 0x2400
"""Where Unicode has a picture of each control character: of escape it is ␛."""
_DELETE, _PICTURE_OF_DELETE = "\x7f", "␡"
_UNKNOWN = "�"


def plain(text: str) -> str:
    """The text on one line, with every character one that can be seen."""
    return "".join(map(_seen, text))


def _seen(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace() and character not in "\x1c\x1d\x1e\x1f":
        return " "
    if character < " ":
        return chr(_PICTURES + ord(character))
    return _PICTURE_OF_DELETE if character == _DELETE else _UNKNOWN


def _cleaned(given: Any) -> Any:
    return plain(given) if isinstance(given, str) else given


MADE_PLAIN = BeforeValidator(_cleaned)
"""The last annotation of a text: it is made plain before anything is asked of it."""
