"""Rules of composite alarms: parse the expression, ask the states of other alarms.

Rule: exactly AWS's grammar for states (`ALARM(x)`, `OK(x)`, `INSUFFICIENT_DATA(x)`,
`TRUE`, `FALSE`, AND, OR, NOT, brackets); anything else is refused, as AWS refuses it.
NOT binds closest, then AND, then OR.  Source: Amazon CloudWatch user guide, "Create a
composite alarm".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from shifter_sandbox.wire import Refused

States = Callable[[str], str]
Rule = Callable[[States], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*"
    r"(?:\"(?P<quoted>[^\"]+)\"|'(?P<single>[^']+)'|(?P<plain>[^\s()\"']+))\s*\)"
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<bracket>[()]))"
)


@dataclass(slots=True)
class _Reader:
    tokens: list[str | tuple[str, str]]

    def either(self) -> Rule:
        rule = self.both()
        while self._next_is("OR"):
            rule = _either(rule, self.both())
        return rule

    def both(self) -> Rule:
        rule = self.one()
        while self._next_is("AND"):
            rule = _both(rule, self.one())
        return rule

    def one(self) -> Rule:
        if not self.tokens:
            raise _invalid("it ends too early")
        token = self.tokens.pop(0)
        match token:
            case (str(state), str(name)):
                return lambda states: states(name) == state
            case "NOT":
                inner = self.one()
                return lambda states: not inner(states)
            case "TRUE":
                return lambda _: True
            case "FALSE":
                return lambda _: False
            case "(":
                inner = self.either()
                if not self._next_is(")"):
                    raise _invalid("a bracket is not closed")
                return inner
            case _:
                raise _invalid(f"{token} is not expected here")

    def _next_is(self, word: str) -> bool:
        if self.tokens and self.tokens[0] == word:
            self.tokens.pop(0)
            return True
        return False


def parse(text: str) -> tuple[Rule, frozenset[str]]:
    """The rule that an expression means, and the names of the alarms it asks."""
    tokens: list[str | tuple[str, str]] = []
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if not found:
            raise _invalid(f"not understood: {text[position:].strip()[:40]}")
        position = found.end()
        name = found["quoted"] or found["single"] or found["plain"]
        word = found["word"] or found["bracket"]
        tokens.append((found["state"], name.rsplit(":alarm:", 1)[-1]) if name else word)
    names = frozenset(token[1] for token in tokens if isinstance(token, tuple))
    reader = _Reader(tokens)
    rule = reader.either()
    if reader.tokens:
        raise _invalid(f"{reader.tokens[0]} is not expected here")
    return rule, names


def _either(first: Rule, second: Rule) -> Rule:
    return lambda states: first(states) or second(states)


def _both(first: Rule, second: Rule) -> Rule:
    return lambda states: first(states) and second(states)


def _invalid(why: str) -> Refused:
    return Refused("ValidationError", f"AlarmRule is invalid: {why}")
