"""What `make build` has put into the bootstrap's package: its own, and nothing else.

CI builds before it tests.  Elsewhere these tests are skipped when nothing was built, or
something else than what is here now.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bootstrap.world import ROOT, SQL

BUILT = ROOT / ".aws-sam/build/Bootstrap/BootstrapFunction"
SOURCES = ("bootstrap", "sql_files")
IMPORTED = """
import sys
import bootstrap.handler
for module in sorted(sys.modules):
    if module.partition(".")[0] in ("bootstrap", "sql_files"):
        print(sys.modules[module].__file__)
"""


def _files(folder: Path, *names: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in names
        for path in (folder / name).rglob("*")
        if path.suffix in {".py", ".sql"}
    }


@pytest.fixture(scope="module")
def package() -> Path:
    problem = ""
    if not BUILT.is_dir():
        problem = "nothing was built: run `make build`"
    elif _files(BUILT, *SOURCES) != _files(ROOT / "src", *SOURCES) or (
        _files(BUILT / "sql", ".") != _files(SQL, ".")
    ):
        problem = "what was built is not what is here: run `make build`"
    if problem:
        assert not os.environ.get("CI"), problem
        pytest.skip(problem)
    return BUILT


def test_a_package_has_a_driver_the_files_and_no_other_function(package: Path) -> None:
    assert {
        "annotated_types",
        "authorities.pem",
        "aws_lambda_powertools",
        "bootstrap",
        "jmespath",
        "pydantic",
        "pydantic_core",
        "pymysql",
        "sql",
        "sql_files",
        "typing_extensions.py",
        "typing_inspection",
    } == {path.name for path in package.iterdir() if path.suffix != ".dist-info"}


def test_a_package_believes_the_authorities_that_replication_believes(
    package: Path,
) -> None:
    """Written once, in infra/dms.yaml."""
    text = (ROOT / "infra/dms.yaml").read_text("utf-8")
    context = ssl.create_default_context(cafile=str(package / "authorities.pem"))

    assert text.count("BEGIN CERTIFICATE") == len(context.get_ca_certs())


def test_nothing_that_the_function_imports_is_missing(
    package: Path, tmp_path: Path
) -> None:
    """The libraries come from here: the package's are for another Python."""
    for source in SOURCES:
        (tmp_path / source).symlink_to(package / source)

    printed = subprocess.run(
        [sys.executable, "-B", "-c", IMPORTED],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    imported = {str(Path(line).relative_to(tmp_path)) for line in printed.splitlines()}
    assert set(_files(package, *SOURCES)) == imported
