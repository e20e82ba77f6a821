"""What `make build` has put into the packages: what a Lambda needs, and nothing else.

CI builds before it tests.  Elsewhere these tests are skipped when nothing was built, or
something else than what is here now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.infra.template import ROOT, properties

AUTOMATION = "infra/automation.yaml"
BUILT = ROOT / "build" / "automation"
SOURCES = ("interlock", "shifter")
# Loaded by the first gate that judges evidence: who goes back judges none.
LOADED_LATER = "shifter.core.dossier shifter.core.explanation shifter.core.sample_ratio"
IMPORT_EVERY_HANDLER = """
import importlib, pkgutil, sys
import shifter.handlers
for later in sys.argv[1:]:
    importlib.import_module(later)
for found in pkgutil.iter_modules(shifter.handlers.__path__):
    importlib.import_module(f"shifter.handlers.{found.name}")
for module in sorted(sys.modules):
    if module.partition(".")[0] in ("interlock", "shifter"):
        print(sys.modules[module].__file__)
"""


def _modules(folder: Path) -> Iterator[Path]:
    """Our own modules in a folder, by their place in it."""
    for source in SOURCES:
        for path in (folder / source).rglob("*.py"):
            yield path.relative_to(folder)


@pytest.fixture(scope="module")
def package() -> Path:
    """The package of one function."""
    found = BUILT / "RollBackFunction"
    problem = ""
    if not found.is_dir():
        problem = "nothing was built: run `make build`"
    elif any(
        (found / path).read_bytes() != (ROOT / "src" / path).read_bytes()
        for path in _modules(found)
    ):
        problem = "what was built is not what is here: run `make build`"
    if problem:
        assert not os.environ.get("CI"), problem
        pytest.skip(problem)
    return found


def _locked() -> dict[str, str]:
    """What the lock of the Lambdas pins and the runtime does not bring."""
    text = (ROOT / "requirements/lambda.txt").read_text("utf-8")
    brought = (ROOT / "requirements/lambda-has.txt").read_text("utf-8").split()
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", text, re.MULTILINE))
    return {name: pinned[name] for name in pinned.keys() - set(brought)}


def test_what_the_runtime_brings_is_what_boto3_needs() -> None:
    """And is in the lock: a name that nothing needs any more would hide a mistake."""
    text = (ROOT / "requirements/lambda.txt").read_text("utf-8")
    brought = [
        line
        for line in (ROOT / "requirements/lambda-has.txt")
        .read_text("utf-8")
        .split("\n")
        if line and not line.startswith("#")
    ]

    assert "boto3" in brought
    assert all(re.search(rf"^{name}==", text, re.MULTILINE) for name in brought)


def test_a_package_has_the_locked_libraries_and_no_others(package: Path) -> None:
    versions = {
        name.replace("_", "-"): version
        for path in package.glob("*.dist-info")
        for name, version in [path.name.removesuffix(".dist-info").rsplit("-", 1)]
    }

    assert _locked() == versions
    assert set(SOURCES) | {
        "annotated_types",
        "aws_lambda_powertools",
        "jmespath",
        "pydantic",
        "pydantic_core",
        "typing_extensions.py",
        "typing_inspection",
    } == {p.name for p in package.iterdir() if p.suffix != ".dist-info"}


def test_a_package_has_what_its_handlers_import_and_nothing_else(
    package: Path, tmp_path: Path
) -> None:
    """No command line, no sandbox, no twin in memory; and nothing is missing.

    The libraries come from this environment, as those in the package are for another
    Python.
    """
    for source in SOURCES:
        (tmp_path / source).symlink_to(package / source)

    printed = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_EVERY_HANDLER, *LOADED_LATER.split()],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    imported = {Path(line).relative_to(tmp_path) for line in printed.splitlines()}
    assert set(_modules(package)) == imported


def test_a_package_is_for_the_python_and_the_machine_of_the_functions(
    package: Path,
) -> None:
    compiled = {path.name for path in package.rglob("*.so")}

    assert compiled
    assert all(n.endswith(".cpython-313-x86_64-linux-gnu.so") for n in compiled)


def test_a_package_holds_nothing_that_differs_from_build_to_build(
    package: Path,
) -> None:
    """Then what has not changed is neither uploaded nor published again."""
    found = {path.name for path in package.rglob("*")}

    assert set() == found & {"__pycache__", ".lock", "bin", "tests"}
    contents = {
        name: _content(BUILT / name)
        for name in properties(AUTOMATION, "AWS::Serverless::Function")
    }
    assert 1 == len(set(contents.values())), "every function has the same package"


def _content(folder: Path) -> str:
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def test_a_package_is_small(package: Path) -> None:
    """A cold start reads it."""
    size = sum(path.stat().st_size for path in package.rglob("*") if path.is_file())

    assert size < 15_000_000
