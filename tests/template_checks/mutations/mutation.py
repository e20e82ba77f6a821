"""A mutation: the templates, broken in one way, and the one rule that has to say so."""

from __future__ import annotations

from dataclasses import dataclass

from template_checks.source import Sources

Edit = tuple[str, str, str]
"""A file, and text in it that takes the place of other text, once."""


@dataclass(frozen=True)
class Mutation:
    """One way to break the templates.

    `last` breaks the last place where the text stands, not the first; `also` are edits
    without which the text would not be a template any more; `renamed` moves a file.
    """

    rule: str
    name: str
    path: str
    old: str
    new: str
    last: bool = False
    also: tuple[Edit, ...] = ()
    renamed: tuple[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.rule} {self.name}"

    def applied(self, sources: Sources) -> Sources:
        """The sources, broken.  Raises ValueError when there is nothing to break."""
        for path, old, new in ((self.path, self.old, self.new), *self.also):
            text = sources.texts[path]
            if old not in text:
                raise ValueError(f"{self}: {path} does not hold {old!r}")
            before, after = text.rsplit(old, 1) if self.last else text.split(old, 1)
            sources = sources.with_text(path, before + new + after)
        if self.renamed:
            path, moved = self.renamed
            text = sources.texts[path]
            sources = sources.with_text(path, None).with_text(moved, text)
        return sources
