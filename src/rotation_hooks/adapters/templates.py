"""The grant templates: files that people review, and that are packed with the code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rotation_hooks.core.errors import TemplateError
from rotation_hooks.core.grants import Template
from rotation_hooks.core.roles import Role


def load(folder: Path) -> Mapping[Role, Template]:
    """The template of each role whose users are made by a rotation.

    Raises TemplateError.
    """
    return {role: _load(folder / f"{role}.sql") for role in Role if role.alternates}


def _load(path: Path) -> Template:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = f"{path} cannot be read ({type(error).__name__})"
        raise TemplateError(f"{told}: GRANT_TEMPLATES names its folder") from None
    return Template.parse(text, path.name)
