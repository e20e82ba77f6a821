"""The grant templates: reviewed text, never a copy of what a server says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rotation_hooks.core.errors import TemplateError
from rotation_hooks.core.fence import State
from rotation_hooks.core.roles import Role
from sql_files.rights import Rights
from sql_files.roles import Role as Templated
from sql_files.roles import rights_of
from sql_files.scripts import UnreadableScript


def load(folder: Path) -> Mapping[tuple[Role, State], Rights]:
    """The rights of each role but the master, who may do everything, in each state.

    Raises TemplateError.
    """
    try:
        return {
            (Role(role), state): rights_of(folder, role, writable=state is State.OPEN)
            for role in Templated
            for state in State
        }
    except (UnreadableScript, ValueError) as error:
        raise TemplateError(f"SQL_FOLDER: {error}") from None
