"""The project itself: its locks, its commands and its README say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("cfn-guard", "dev", "demo", "lambda", "mysql", "sample-app", "sam", "uv")

RUNS_IN_A_LAMBDA = {
    "annotated-types",
    "aws-lambda-powertools",
    "boto3",
    "botocore",
    "jmespath",
    "pydantic",
    "pydantic-core",
    "python-dateutil",
    "s3transfer",
    "six",
    "typing-extensions",
    "typing-inspection",
    "urllib3",
}


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _requirements(lock: str) -> list[str]:
    """Each requirement of a lock as one line, its comments removed."""
    text = _read(f"requirements/{lock}.txt").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and "#" not in line[:5]]


def _versions(lock: str) -> dict[str, str]:
    return dict(
        requirement.split()[0].split("==", 1) for requirement in _requirements(lock)
    )


def _make_targets() -> set[str]:
    [declared] = re.findall(r"^\.PHONY: (.+)$", _read("Makefile"), re.MULTILINE)
    return set(declared.split())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    """Whoever installs it uses the index that they trust, not the one we used."""
    text = _read(f"requirements/{lock}.txt")

    assert re.findall(r"\bhttps?\b", text) == []
    assert "://" not in text
    assert re.findall(r"^ *--(?!hash=)", text, re.MULTILINE) == []
    assert re.findall(r"# .* /", text) == [], "no path of the machine that made it"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_each_version_with_hashes(lock: str) -> None:
    pinned = re.compile(
        r"[a-z0-9-]+==[^ ]+( ; [^-].*?)?( +--hash=sha256:[0-9a-f]{64})+ *"
    )

    requirements = _requirements(lock)

    assert requirements
    assert [line for line in requirements if not pinned.fullmatch(line)] == []


def test_a_lambda_carries_nothing_but_the_closed_list() -> None:
    assert RUNS_IN_A_LAMBDA == set(_versions("lambda"))


@pytest.mark.parametrize("lock", ["demo", "lambda", "mysql", "sample-app"])
def test_what_runs_is_what_was_tested(lock: str) -> None:
    """Demo, Lambda and image have the versions that the tests ran with."""
    tested = _versions("dev")

    assert {name: tested.get(name) for name in _versions(lock)} == _versions(lock)


def test_moto_is_pinned_by_hand_because_its_private_parts_are_patched() -> None:
    assert _versions("dev")["moto"] == "5.2.5"
    assert "==5.2.5" in _read("requirements/sandbox.in")


def test_the_readme_tells_one_test_command_and_make_knows_it() -> None:
    """`.ci/run` runs this very block."""
    blocks = re.findall(
        r"<!-- test command -->\n+```sh\n(.*?)\n```", _read("README.md"), re.DOTALL
    )

    assert ["make test"] == blocks
    assert "test" in _make_targets()


def test_ci_runs_the_command_of_the_readme() -> None:
    printed = subprocess.run(
        ["bash", ".ci/run", "--print-test-command"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "make test\n" == printed


def test_ci_measures_and_judges_the_one_run_of_the_tests() -> None:
    """What the tests cost is paid once; what they took is judged all the same."""
    runs = [line for line in _read(".ci/run").splitlines() if line.startswith("timed ")]
    tested = 'timed test env COVERAGE=1 bash -euo pipefail -c "$command"'

    assert "timed coverage make judge-coverage" == runs[runs.index(tested) + 1]
    assert 1 == sum("coverage" in line for line in runs)
    assert not any("make test" == line[-9:] for line in runs)


@pytest.mark.parametrize(
    ("variables", "runner"),
    [
        ({}, ".venv/bin/python -m pytest"),
        ({"COVERAGE": "1"}, ".venv/bin/coverage run -m pytest"),
    ],
)
def test_make_test_is_measured_when_it_is_asked_to(
    variables: dict[str, str], runner: str
) -> None:
    """The variable comes from the environment: CI runs the README's own words."""
    ours = {  # without what a make around this very run hands on
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COVERAGE", "MAKE", "MFLAGS"))
    }
    told = subprocess.run(
        ["make", "--dry-run", "test"],
        cwd=ROOT,
        env=ours | variables,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert f"{runner} -n auto --dist loadgroup" in told


def test_make_help_lists_every_target() -> None:
    printed = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert _make_targets() == {line.split()[1] for line in printed.splitlines()}


_GROUPED = """
import os
import pytest

@pytest.mark.parametrize("number", range(8))
@pytest.mark.xdist_group("together")
def test_one_of_a_group(number):
    with open({path!r}, "a") as told:
        told.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""


def test_the_tests_of_one_group_run_in_one_worker(tmp_path: Path) -> None:
    """What is expensive is made once for its group: without groups, in each worker.

    pytest-xdist does not say so when it loses them.
    """
    told = tmp_path / "workers"
    test = tmp_path / "test_group.py"
    test.write_text(_GROUPED.format(path=str(told)), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup"]
    alone = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}

    subprocess.run(
        [*command, "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(test)],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env=alone,
    )

    workers = told.read_text(encoding="utf-8").split()
    assert (8, 1) == (len(workers), len(set(workers)))


def _links() -> list[tuple[Path, Path, str]]:
    """Every link within the project: from which page, to which, at which anchor."""
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
    return [
        (page, page.parent / target if target else page, anchor)
        for page in pages
        for target, anchor in re.findall(
            r"\]\(([^)#\s]*)#?([^)\s]*)\)", page.read_text(encoding="utf-8")
        )
        if "://" not in target
    ]


def _anchors(page: Path) -> set[str]:
    """What can follow a # in a link to the page: headings, spelled as GitHub does."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


def test_every_page_that_a_page_links_to_exists() -> None:
    links = _links()

    assert links
    assert [
        f"{page.relative_to(ROOT)}: {target.name}"
        for page, target, _ in links
        if not target.exists()
    ] == []


def test_every_heading_that_a_page_links_to_exists() -> None:
    links = [(page, target, anchor) for page, target, anchor in _links() if anchor]

    assert links
    assert [
        f"{page.relative_to(ROOT)}: {target.name}#{anchor}"
        for page, target, anchor in links
        if anchor not in _anchors(target)
    ] == []


def test_the_index_of_decisions_lists_each_of_them() -> None:
    index = _read("docs/decisions/README.md")
    pages = {page.name for page in (ROOT / "docs/decisions").glob("[0-9]*.md")}

    assert pages
    assert pages == set(re.findall(r"\]\(([0-9][^)]*)\)", index))
