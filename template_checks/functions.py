"""CloudFormation's functions, computed.

AWS documentation: AWS CloudFormation user guide, "Intrinsic function reference".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")
ZONES = "abc"


class NoValue:
    """What `AWS::NoValue` is: it takes the property with it."""


NO_VALUE: Final = NoValue()


@dataclass(frozen=True)
class Functions:
    """The functions over one template's names."""

    ref: Callable[[str], Any]
    attribute: Callable[[str, str], Any]
    conditions: Mapping[str, Any]
    mappings: Mapping[str, Any]

    def holds(self, condition: Any) -> bool:
        """Tell whether a condition holds; none always does."""
        if condition is None:
            return True
        if isinstance(condition, str):
            return self.holds(self.conditions[condition])
        [(function, argument)] = condition.items()
        match function:
            case "Condition":
                return self.holds(argument)
            case "Fn::Equals":
                first, second = (self.resolve(value) for value in argument)
                return str(first) == str(second)
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all(self.holds(inner) for inner in argument)
            case "Fn::Or":
                return any(self.holds(inner) for inner in argument)
            case _:
                raise ValueError(f"unknown condition {function}")

    def resolve(self, value: Any) -> Any:
        """The value with every function computed."""
        if isinstance(value, list):
            return [
                inner for inner in map(self.resolve, value) if inner is not NO_VALUE
            ]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._compute(function, argument)
        inner = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item is not NO_VALUE}

    def _compute(self, function: str, argument: Any) -> Any:
        match function:
            case "Ref":
                return self.ref(argument)
            case "Fn::GetAtt":
                name, attribute = (
                    argument.split(".", 1) if isinstance(argument, str) else argument
                )
                return self.attribute(name, attribute)
            case "Fn::If":
                return self.resolve(argument[1 if self.holds(argument[0]) else 2])
            case "Fn::Sub":
                return self._sub(argument)
            case "Fn::GetAZs":
                region = self.resolve(argument) or self.ref("AWS::Region")
                return [f"{region}{zone}" for zone in ZONES]
            case "Fn::FindInMap":
                name, first, second = (self.resolve(key) for key in argument)
                return self.mappings[name][first][second]
            case _:
                return self._of_lists(function, self.resolve(argument))

    def _of_lists(self, function: str, argument: Any) -> Any:
        match function:
            case "Fn::Join":
                separator, values = argument
                return separator.join(str(value) for value in values)
            case "Fn::Split":
                separator, text = argument
                return text.split(separator)
            case "Fn::Select":
                return self._select(*argument)
            case "Fn::Cidr":
                block, count = argument[:2]
                return [f"{block}/cidr[{n}]" for n in range(int(count))]
            case _:
                raise ValueError(f"unknown function {function}")

    def _select(self, index: Any, values: Any) -> Any:
        """One of a list; of a list that only AWS knows, a symbol with its index."""
        if isinstance(values, str):
            return f"{values}[{index}]"
        if int(index) < len(values):
            return values[int(index)]
        # An ARN that is a symbol has no parts yet.
        return f"{':'.join(str(value) for value in values)}[{index}]"

    def _sub(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument

        def put(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in given:
                return str(self.resolve(given[name]))
            if "." in name:
                return str(self.attribute(*name.split(".", 1)))
            return str(self.ref(name))

        return _PLACEHOLDER.sub(put, text)
