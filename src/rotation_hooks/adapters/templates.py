"""The grant templates of every role but the master, who may do everything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rotation_hooks.core.errors import TemplateError
from rotation_hooks.core.fence import State, template_name
from rotation_hooks.core.roles import Role
from sql_files.rights import Rights, template
from sql_files.scripts import UnreadableScript


def load(folder: Path) -> Mapping[str, Rights]:
    """The rights of each template, by its name.  Raises TemplateError."""
    names = {
        template_name(role, state)
        for role in Role
        if role is not Role.MASTER
        for state in State
    }
    try:
        return {name: template(folder, name) for name in sorted(names)}
    except (UnreadableScript, ValueError) as error:
        raise TemplateError(f"SQL_FOLDER: {error}") from None
