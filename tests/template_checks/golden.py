"""The rendered trees as files, and what pages of docs take from them.

    python -m tests.template_checks.golden      write all of it anew

A change of a template shows in the diff of a golden file as what AWS will be asked for.
Tags are left out: they are everywhere, and have rules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from template_checks.pages import abilities, tables, with_part
from template_checks.picture import picture
from template_checks.profiles import rendered
from template_checks.source import ROOT, Sources, read
from template_checks.tree import Tree

FOLDER = Path(__file__).parent / "golden_trees"
PAGES = ROOT / "docs/infrastructure"
SECURITY = ROOT / "docs/security.md"
TREES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "dev": ("dev", {}),
    "prod": ("prod", {}),
    "single-edge": ("dev", {"EdgeMode": "single", "DeployDms": "false"}),
}


def goldens(sources: Sources) -> Iterator[tuple[Path, str]]:
    """Every file, and what belongs into it."""
    for name, (profile, changed) in TREES.items():
        tree = rendered(sources, profile, **changed)
        yield FOLDER / f"{name}.yaml", as_text(tree)
    for path in sources.paths():
        page = PAGES / f"{Path(path).stem}.md"
        if page.exists():
            yield page, with_part(page.read_text("utf-8"), tables(sources, path))
    index = PAGES / "README.md"
    drawn = picture(rendered(sources, "prod"))
    yield index, with_part(index.read_text("utf-8"), drawn)
    who_may = abilities(sources, "infra/automation.yaml")
    yield SECURITY, with_part(SECURITY.read_text("utf-8"), who_may)


def as_text(tree: Tree) -> str:
    """A tree as YAML, stack by stack."""
    return yaml.safe_dump(
        {
            stack.name: {
                name: {"Type": r.type, **_without_tags(r.properties)}
                for name, r in stack.resources.items()
            }
            for stack in tree.stacks.values()
        },
        sort_keys=True,
        width=100,
    )


def _without_tags(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if "Tags" not in key}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in goldens(read()):
        path.write_text(text, encoding="utf-8")
