"""What the function is told by its environment; infra/bootstrap.yaml says it.

SQL_FOLDER            folder with the files of infra/sql
DATABASE_AUTHORITIES  file with the certificates of whom to believe about databases
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import Misconfigured


@dataclass(frozen=True)
class Settings:
    """The environment, understood."""

    sql_folder: Path
    trusted: ssl.SSLContext

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The settings.  Raises Misconfigured, which names what is wrong."""
        folder = Path(_given(environment, "SQL_FOLDER"))
        if not folder.is_dir():
            raise Misconfigured(
                f"SQL_FOLDER is {str(folder)!r}, which is no folder: "
                "build the package with `make build`"
            )
        return cls(folder, trusting(_given(environment, "DATABASE_AUTHORITIES")))


def trusting(path: str) -> ssl.SSLContext:
    """TLS 1.2 or newer, with a server that one of the authorities vouches for.

    Raises Misconfigured where the file has none.
    """
    try:
        context = ssl.create_default_context(cafile=path)
    except OSError as error:
        no_file = not isinstance(error, ssl.SSLError)
        why = error.strerror if no_file else "it holds no certificates"
        raise Misconfigured(f"DATABASE_AUTHORITIES is {path!r}: {why}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # From Python 3.13 on the form of a certificate is judged too, not only its signer.
    # PyMySQL's own context leaves that out as well, for old databases' sake.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _given(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise Misconfigured(f"{name} is not set")
    return value
