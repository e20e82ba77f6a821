from __future__ import annotations

from template_checks.source import ROOT
from tests.template_checks.break_them import whole
from tests.template_checks.golden import goldens


def test_what_is_written_is_what_the_templates_render_to() -> None:
    """When the change is meant: `make golden`, and read the diff."""
    stale = [
        path.relative_to(ROOT).as_posix()
        for path, text in goldens(whole())
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]

    assert [] == stale


def test_every_template_has_its_page() -> None:
    pages = {page.stem for page in (ROOT / "docs/infrastructure").glob("*.md")}
    stacks = {
        path.removeprefix("infra/").removesuffix(".yaml")
        for path in whole().paths()
        if path.startswith("infra/")
    }

    assert set() == stacks - pages
