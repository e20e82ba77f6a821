"""What would be right, in the words of who writes a plan or a topology.

Rules of our own say it themselves.  What pydantic checks for us it tells as a library
does ("String should match pattern"), and a person needs to know what to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shifter.core.errors import Problem

_LONGEST = 80
"""Characters of a value, or of a field's name, that are told."""

PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        r"^[a-z0-9][a-z0-9_-]*$": (
            'lower-case letters, digits, "-" and "_", beginning with a letter or digit'
        ),
        r"^[A-Za-z0-9][A-Za-z0-9_.-]*$": (
            'letters, digits, ".", "-" and "_", beginning with a letter or digit'
        ),
        r"^[A-Za-z0-9_.:/-]+$": 'letters, digits, and "_", ".", ":", "/" and "-"',
        r"^arn:aws[a-z-]*:[a-z0-9-]+:.+$": 'an ARN, as in "arn:aws:..."',
        r"^https?://[^\s]+$": 'an address, as in "https://pay.example.com/lane"',
        r"^[A-Za-z0-9_-]{1,70}$": '1 to 70 letters, digits, "-" and "_"',
        r"^edge-[12]$": '"edge-1" or "edge-2"',
    }
)
"""What a field may look like, by the regular expression that it must match."""

_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "bool_parsing": "write true or false",
        "bool_type": "write true or false",
        "dict_type": "write a mapping of fields",
        "float_parsing": "write a number",
        "float_type": "write a number",
        "int_from_float": "write a whole number",
        "int_parsing": "write a whole number",
        "int_type": "write a whole number",
        "model_attributes_type": "write a mapping of fields",
        "model_type": "write a mapping of fields",
        "string_too_short": "must not be empty",
        "string_type": "write a text",
        "too_short": "write at least one",
        "tuple_type": "write a list",
    }
)


def problem_of(entry: Mapping[str, Any], *, of: str) -> Problem:
    """An entry of pydantic's as a problem; `of` names what has no field.

    What no model knows may be a secret that went astray: its value is not told.
    """
    path, kind, told = list(entry["loc"]), entry["type"], entry.get("ctx", {})
    value = shown(entry["input"]) if path else _kind_of(entry["input"])
    if kind.startswith("union_tag"):
        path.append(told["discriminator"].strip("'"))
    field = ".".join(str(part)[:_LONGEST] for part in path) or of
    match kind:
        case "extra_forbidden":
            remedy = "remove it or correct its spelling"
            return Problem(field, "unknown field", remedy)
        case "missing" | "union_tag_not_found":
            return Problem(field, "missing", "required")
        case "union_tag_invalid":
            remedy = f"write one of {told['expected_tags']}"
            return Problem(field, shown(told["tag"]), remedy)
        case _:
            return Problem(field, value, remedy_for(entry))


def shown(value: object) -> str:
    """A value as it was written, cut where it is long; one that holds others is not."""
    match value:
        case str() if len(value) > _LONGEST:
            return f"{value[:_LONGEST]!r}…"
        case int() if value.bit_length() > 4 * _LONGEST:
            return "a number of many digits"
        case str() | bool() | int() | float() | None:
            return repr(value)
        case _:
            return _kind_of(value)


def _kind_of(value: object) -> str:
    match value:
        case Mapping():
            return "a mapping" if value else "{}"
        case list() | tuple():
            return "a list" if value else "[]"
        case str():
            return "a text"
        case bool() | int() | float() | None:
            return shown(value)
        case _:
            return f"a {type(value).__name__}"


def remedy_for(entry: Mapping[str, Any]) -> str:
    """What would be right instead of what pydantic calls wrong in this entry."""
    kind, told = entry["type"], entry.get("ctx", {})
    match kind:
        case "string_pattern_mismatch" if told["pattern"] in PATTERNS:
            return f"write {PATTERNS[told['pattern']]}"
        case "literal_error" | "enum":
            return f"write {told['expected']}"
        case "greater_than_equal":
            return f"at least {told['ge']}"
        case "greater_than":
            return f"more than {told['gt']}"
        case "less_than_equal":
            return f"at most {told['le']}"
        case "less_than":
            return f"less than {told['lt']}"
        case "string_too_long":
            return f"at most {told['max_length']} characters"
        case "too_long":
            return f"at most {told['max_length']}"
        case _ if kind.startswith(("datetime", "timezone")):
            return 'write a time, such as "2026-03-02T09:00:20Z"'
        case _:
            return _TYPES.get(kind) or str(entry["msg"]).removeprefix("Value error, ")
