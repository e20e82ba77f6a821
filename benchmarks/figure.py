"""A figure: what was measured, and what was promised of it."""

from __future__ import annotations

from dataclasses import dataclass

HOLDS, MISSED = "holds", "MISSED"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    A figure that is counted is the same on every machine, so a missed one is a fault.
    One that is timed depends on the machine and on who else works on it.
    """

    what: str
    value: float
    unit: str
    at_most: float | None = None
    """What was promised; None for what is only told."""
    counted: bool = False

    @property
    def holds(self) -> bool:
        """Whether no promise is broken."""
        return self.at_most is None or self.value <= self.at_most

    @property
    def told(self) -> str:
        """The value as people read it, with its unit."""
        return f"{self._number} {self.unit}".rstrip()

    @property
    def limit(self) -> str:
        """What was promised, as people read it."""
        return "" if self.at_most is None else f"at most {self.at_most:g}"

    @property
    def verdict(self) -> str:
        """Whether the promise holds; empty where nothing was promised."""
        if self.at_most is None:
            return ""
        return HOLDS if self.holds else MISSED

    @property
    def _number(self) -> str:
        if self.value == round(self.value):
            return f"{self.value:,.0f}"
        if abs(self.value) >= 100:
            return f"{self.value:,.0f}"
        return f"{self.value:.3f}" if abs(self.value) < 1 else f"{self.value:.2f}"
