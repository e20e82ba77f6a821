"""Reading: strict, and always one sentence about what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from shifter.cli.documents import LARGEST, BadDocument, read_document
from tests.cli.command import run

BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "plan: is empty"),
    "blank": (b" \n\n", "plan: is empty"),
    "only comments": (b"# nothing\n", "plan: is empty: it has comments only"),
    "not text": (b"a: \xff", "plan: is not UTF-8 text: byte 4"),
    "YAML syntax": (
        b"name: x\nsteps: [1\nfoo: bar\n",
        "plan:3:4: is not valid YAML: expected ',' or ']', but got ':'",
    ),
    "a tab": (
        b"steps:\n\t- share: 1 %\n",
        (
            "plan:2:1: is not valid YAML: "
            r"found character '\t' that cannot start any token"
        ),
    ),
    "two documents": (
        b"a: 1\n---\nb: 1\n",
        "plan:2:1: is not valid YAML: but found another document",
    ),
    "an alias of nothing": (
        b"a: *b\n",
        "plan:1:4: is not valid YAML: found undefined alias 'b'",
    ),
    "a control character": (
        b"a: \x01\n",
        (
            "plan: is not usable YAML: unacceptable character #x0001: special "
            'characters are not allowed in "<unicode string>", position 3'
        ),
    ),
    "a day that never was": (
        b"a: 2026-13-45\n",
        (
            "plan:1:4: is not valid YAML: '2026-13-45' is no value of the type "
            "timestamp: correct it, or put it in quotes"
        ),
    ),
    "a number that Python does not read": (
        b"a: " + b"9" * 5000,
        (
            f"plan:1:4: is not valid YAML: '{'9' * 80}' is no value of the type int: "
            "correct it, or put it in quotes"
        ),
    ),
    "an empty number": (
        b'a: !!int ""\n',
        (
            "plan:1:4: is not valid YAML: '' is no value of the type int: "
            "correct it, or put it in quotes"
        ),
    ),
    "a truth that is none": (
        b"a: !!bool maybe\n",
        (
            "plan:1:4: is not valid YAML: 'maybe' is no value of the type bool: "
            "correct it, or put it in quotes"
        ),
    ),
    "a moment that is none": (
        b"a: !!timestamp soon\n",
        (
            "plan:1:4: is not valid YAML: 'soon' is no value of the type timestamp: "
            "correct it, or put it in quotes"
        ),
    ),
    "such a number in JSON": (
        b'{"a": ' + b"9" * 5000 + b"}",
        "plan: has a number of thousands of digits: shorten it",
    ),
    "too much": (
        b"# " + b"x" * 200_000,
        "plan: is larger than 200,000 bytes, as no plan is: name another file",
    ),
    "much of little": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(
            b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9))
            for i in range(9)
        ),
        "plan: repeats too much by its aliases: write out what they stand for",
    ),
    "a tag that would run code": (
        b"a: !!python/object/apply:os.getcwd []\n",
        (
            "plan:1:4: is not valid YAML: could not determine a constructor for "
            "the tag 'tag:yaml.org,2002:python/object/apply:os.getcwd'"
        ),
    ),
    "deep YAML": (b"a: " + b"[" * 5000, "plan: is nested too deeply"),
    "deep JSON": (b"[" * 100_000, "plan: is nested too deeply"),
    "JSON syntax": (
        b'{"a": 1,\n "b": }',
        "plan:2:7: is not valid JSON: Expecting value",
    ),
    "a key twice in YAML": (
        b"a: 1\nb: 2\na: 3\n",
        (
            "plan:3:1: the key 'a' stands twice in one mapping, first in line 1: "
            "keep one of them"
        ),
    ),
    "a key twice, further down": (
        b"a:\n  - b: 1\n    b: 2\n",
        (
            "plan:3:5: the key 'b' stands twice in one mapping, first in line 2: "
            "keep one of them"
        ),
    ),
    "a key twice in JSON": (
        b'{"a": {"b": 1, "b": 2}}',
        "plan: the key 'b' stands twice in one object: keep one of them",
    ),
}


@pytest.mark.parametrize(("content", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_document_is_told_in_one_sentence(
    content: bytes, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan").write_bytes(content)

    with pytest.raises(BadDocument) as refused:
        read_document("plan")

    assert refused.value.sentences == (told,)


@pytest.mark.parametrize("command", ["check", "show"])
@pytest.mark.parametrize(
    ("file", "told"),
    [("absent.yaml", "No such file or directory"), (".", "Is a directory")],
)
def test_a_file_that_cannot_be_read_is_wrong_input(
    command: str, file: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("plan", command, file)

    assert result.exit_code == 3
    assert result.stderr == f"{file}: cannot be read: {told}\n"


def test_yaml_and_json_are_told_apart_by_content(tmp_path: Path) -> None:
    yaml_file, json_file = tmp_path / "a.json", tmp_path / "b.yaml"
    yaml_file.write_text("{name: flow style, share: 10 %}")
    json_file.write_text('\n{"name": "tabs are fine",\t"share": "10 %"}')

    assert read_document(str(yaml_file)).content["name"] == "flow style"
    assert read_document(str(json_file)).content["name"] == "tabs are fine"


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(b"\xef\xbb\xbfname: x\n")

    assert read_document(str(file)).content == {"name": "x"}


def test_an_alias_may_repeat_a_value(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("a: &d {deadline: 2h}\nb: *d\nc: {<<: *d}\n")

    assert read_document(str(file)).content["c"] == {"deadline": "2h"}


def test_a_value_that_holds_itself_repeats_too_much() -> None:
    result = run("plan", "check", "-", stdin="a: &a [*a]\n")

    assert result.exit_code == 3
    assert "repeats too much by its aliases" in result.stderr


def test_the_largest_document_is_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(b"a: 1 #" + b"x" * (LARGEST - 6))

    assert read_document(str(file)).content == {"a": 1}


def test_a_key_that_is_no_text_is_refused() -> None:
    result = run("plan", "check", "-", stdin="? [1, 2]\n: x\n")

    assert result.exit_code == 3
    assert "found unhashable key" in result.stderr
