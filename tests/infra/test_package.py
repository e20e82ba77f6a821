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
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from tests.infra.template import ROOT, properties

IMPORT_EVERY_HANDLER = """
import importlib, pkgutil, sys
[package, sources, *later] = sys.argv[1:]
for name in later:
    importlib.import_module(name)
handlers = importlib.import_module(f"{package}.handlers")
for found in pkgutil.iter_modules(handlers.__path__):
    importlib.import_module(f"{package}.handlers.{found.name}")
for module in sorted(sys.modules):
    if module.partition(".")[0] in sources.split(","):
        print(sys.modules[module].__file__)
"""
LIBRARIES = {
    "annotated_types",
    "aws_lambda_powertools",
    "jmespath",
    "pydantic",
    "pydantic_core",
    "typing_extensions.py",
    "typing_inspection",
}


@dataclass(frozen=True, kw_only=True)
class Package:
    """What all functions of one template carry."""

    template: str
    built: Path
    function: str
    """One of them, whose package is looked at."""
    sources: tuple[str, ...]
    """Our own, the one with the handlers first."""
    later: tuple[str, ...] = ()
    """Modules that no handler imports at once."""
    locks: tuple[str, ...] = ("lambda",)
    beside: frozenset[str] = frozenset()
    """What else is in it."""

    @property
    def path(self) -> Path:
        return self.built / self.function

    def modules(self, folder: Path) -> Iterator[Path]:
        """Our own modules in a folder, by their place in it."""
        for source in self.sources:
            for path in (folder / source).rglob("*.py"):
                yield path.relative_to(folder)

    def locked(self) -> dict[str, str]:
        """What its locks pin and the runtime does not bring."""
        brought = _requirements("lambda-has").split()
        pinned = {
            name: version
            for lock in self.locks
            for name, version in re.findall(
                r"^([a-z0-9-]+)==([^ ]+)", _requirements(lock), re.MULTILINE
            )
        }
        return {name: pinned[name] for name in pinned.keys() - set(brought)}


AUTOMATION = Package(
    template="infra/automation.yaml",
    built=ROOT / "build" / "automation",
    function="RollBackFunction",
    sources=("shifter", "interlock"),
    # Loaded by the first gate that is read, by who asks about rotations, and by the
    # first gate that judges evidence: who goes back does none of it.
    later=(
        "shifter.adapters.gate_readers",
        "shifter.adapters.rotations",
        "shifter.core.dossier",
        "shifter.core.explanation",
        "shifter.core.sample_ratio",
    ),
)
ROTATION = Package(
    template="infra/rotation.yaml",
    built=ROOT / "build" / "rotation",
    function="RotateFunction",
    sources=("rotation_hooks", "interlock", "sql_files"),
    locks=("lambda", "mysql"),
    beside=frozenset({"authorities.pem", "pymysql", "sql"}),
)


@pytest.fixture(scope="module", params=[AUTOMATION, ROTATION], ids=lambda p: p.template)
def package(request: pytest.FixtureRequest) -> Package:
    """Each package, if what was built is what is here."""
    found: Package = request.param
    problem = ""
    if not found.path.is_dir():
        problem = "nothing was built: run `make build`"
    elif any(
        (found.path / path).read_bytes() != (ROOT / "src" / path).read_bytes()
        for path in found.modules(found.path)
    ):
        problem = "what was built is not what is here: run `make build`"
    if problem:
        assert not os.environ.get("CI"), problem
        pytest.skip(problem)
    return found


def _requirements(name: str) -> str:
    return (ROOT / f"requirements/{name}.txt").read_text("utf-8")


def test_what_the_runtime_brings_is_what_boto3_needs() -> None:
    """And is in the lock: a name that nothing needs any more would hide a mistake."""
    text = _requirements("lambda")
    brought = [
        line
        for line in _requirements("lambda-has").split("\n")
        if line and not line.startswith("#")
    ]

    assert "boto3" in brought
    assert all(re.search(rf"^{name}==", text, re.MULTILINE) for name in brought)


def test_a_package_has_the_locked_libraries_and_no_others(package: Package) -> None:
    versions = {
        name.replace("_", "-"): version
        for path in package.path.glob("*.dist-info")
        for name, version in [path.name.removesuffix(".dist-info").rsplit("-", 1)]
    }

    assert package.locked() == versions
    assert {*package.sources, *package.beside} | LIBRARIES == {
        path.name for path in package.path.iterdir() if path.suffix != ".dist-info"
    }


def test_a_package_has_what_its_handlers_import_and_nothing_else(
    package: Package, tmp_path: Path
) -> None:
    """No command line, no sandbox, no twin in memory; and nothing is missing.

    The libraries come from this environment, as those in the package are for another
    Python.
    """
    for source in package.sources:
        (tmp_path / source).symlink_to(package.path / source)

    printed = subprocess.run(
        [
            *(sys.executable, "-B", "-c", IMPORT_EVERY_HANDLER),
            *(package.sources[0], ",".join(package.sources), *package.later),
        ],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    imported = {Path(line).relative_to(tmp_path) for line in printed.splitlines()}
    assert set(package.modules(package.path)) == imported


def test_a_package_is_for_the_python_and_the_machine_of_the_functions(
    package: Package,
) -> None:
    compiled = {path.name for path in package.path.rglob("*.so")}

    assert compiled
    assert all(n.endswith(".cpython-313-x86_64-linux-gnu.so") for n in compiled)


def test_a_package_holds_nothing_that_differs_from_build_to_build(
    package: Package,
) -> None:
    """Then what has not changed is neither uploaded nor published again."""
    found = {path.name for path in package.path.rglob("*")}

    assert set() == found & {"__pycache__", ".lock", "bin", "tests"}
    contents = {
        name: _content(package.built / name)
        for name in properties(package.template, "AWS::Serverless::Function")
    }
    assert 1 == len(set(contents.values())), "every function has the same package"


def _content(folder: Path) -> str:
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def test_a_package_is_small(package: Package) -> None:
    """A cold start reads it."""
    files = [path for path in package.path.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < 15_000_000


def test_who_logs_in_has_the_statements_and_the_authorities_of_the_databases() -> None:
    """As they are here: what the bootstrap made, a rotation makes anew."""
    found = ROTATION.path
    if not found.is_dir():
        assert not os.environ.get("CI"), "nothing was built: run `make build`"
        pytest.skip("nothing was built: run `make build`")
    here = ROOT / "infra/sql"

    assert {path.relative_to(here): path.read_bytes() for path in _files(here)} == {
        path.relative_to(found / "sql"): path.read_bytes()
        for path in _files(found / "sql")
    }
    assert "BEGIN CERTIFICATE" in (found / "authorities.pem").read_text("ascii")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
