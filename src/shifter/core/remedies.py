"""What would be right, in the words of who writes a plan or a topology.

Rules of our own say it themselves.  What pydantic checks for us it tells as a library
does ("String should match pattern"), and a person needs to know what to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

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
        case _:
            return _TYPES.get(kind) or str(entry["msg"]).removeprefix("Value error, ")
