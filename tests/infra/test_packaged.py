"""`sam package` of what `make build` has built, into an S3 of this machine.

The SAM CLI is the real one; its bucket is moto's, served over HTTP.  What it uploads is
what `sam deploy` would hand to CloudFormation, so every address has to lead to it.
CI builds before it tests; elsewhere this is skipped when nothing was built.
"""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shifter_sandbox.outside import Request, answer_of
from template_checks.profiles import parameters
from template_checks.render import render
from template_checks.source import ROOT_TEMPLATE, STACK, Sources, Template, read
from tests.infra.template import ROOT

SAM = ROOT / ".tools/sam/bin/sam"
BUILT = ROOT / ".aws-sam/build"
BUCKET, PREFIX, REGION = "packages", "shifter", "us-east-1"
FUNCTION = "AWS::Serverless::Function"
PATIENCE = 300
"""Real seconds that SAM may take."""

pytestmark = pytest.mark.xdist_group("packaged")


class _Store(BaseHTTPRequestHandler):
    """S3 over HTTP: each request is handed to moto, one at a time."""

    protocol_version = "HTTP/1.1"
    one_at_a_time = Lock()

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.one_at_a_time:
            found = answer_of(Request(self.command, self.path, self.headers, body))
        self.send_response_only(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(found.body)

    do_GET = do_HEAD = do_POST = do_PUT = _take  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Packaged:
    """What SAM has made of the build."""

    root: Template
    objects: Mapping[str, bytes]
    """What was uploaded, by key."""

    def at(self, address: str) -> bytes:
        """The object that an address leads to.  Raises KeyError when there is none."""
        return self.objects[address.partition(f"{BUCKET}/")[2]]

    def templates(self) -> Iterator[tuple[str, Template]]:
        """The nested templates, by the name of their stack in the root."""
        for name, body in self.root["Resources"].items():
            assert body["Type"] == STACK, name
            yield name, _read(self.at(body["Properties"]["TemplateURL"]))


def _read(text: bytes) -> Template:
    """A template, read as cfn-lint reads it."""
    return Sources({"packaged": text.decode()}).template("packaged")


def _not_built() -> str:
    if not SAM.exists() or not (BUILT / "template.yaml").exists():
        return "nothing was built: run `make build`"
    sources = [ROOT / ROOT_TEMPLATE, *(ROOT / "infra").glob("*.yaml")]
    newest = max(path.stat().st_mtime for path in sources)
    if (BUILT / "template.yaml").stat().st_mtime < newest:
        return "the templates are newer than what was built: run `make build`"
    return ""


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    """The root as `sam package` has left it, and its bucket."""
    problem = _not_built()
    if problem:
        assert not os.environ.get("CI"), problem
        pytest.skip(problem)
    written = tmp_path_factory.mktemp("packaged") / "root.yaml"
    credentials = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
    }
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in credentials.items():
            patch.setenv(name, value)
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=BUCKET)
        with _served() as endpoint:
            _package(written, {**credentials, "AWS_ENDPOINT_URL": endpoint})
        objects = {
            found["Key"]: s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
            for found in page["Contents"]
        }
    return Packaged(_read(written.read_bytes()), objects)


class _served:  # noqa: N801 - it is used like a function
    """The store, on a port of its own."""

    def __enter__(self) -> str:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Store)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()
        # A name, not a number: SAM and S3 then address the bucket by its path.
        return f"http://localhost:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _package(written: Path, variables: Mapping[str, str]) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    done = subprocess.run(
        [
            *(SAM, "package", "--region", REGION),
            *("--s3-bucket", BUCKET, "--s3-prefix", PREFIX),
            *("--template-file", BUILT / "template.yaml"),
            *("--output-template-file", written),
        ],
        env={
            **kept,
            **variables,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SAM_CLI_TELEMETRY": "0",
        },
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_every_nested_template_was_uploaded_and_parses(packaged: Packaged) -> None:
    uploaded = dict(packaged.templates())
    written = read().template(ROOT_TEMPLATE)["Resources"]

    assert written.keys() == uploaded.keys()
    for name, template in uploaded.items():
        source = read().template(written[name]["Properties"]["TemplateURL"])
        assert source["Resources"].keys() == template["Resources"].keys(), name
        assert source.get("Parameters", {}).keys() == template["Parameters"].keys()


def test_no_path_of_this_machine_is_left(packaged: Packaged) -> None:
    for name, body in packaged.root["Resources"].items():
        address = body["Properties"]["TemplateURL"]
        assert address.startswith("http"), name
        assert f"/{BUCKET}/{PREFIX}/" in address, name
    for name, template in packaged.templates():
        assert str(ROOT) not in json.dumps(template), name


def test_every_package_was_uploaded_and_holds_its_handler(packaged: Packaged) -> None:
    handlers = {
        f"{name}/{logical}": (body["Properties"]["CodeUri"], _handler(body))
        for name, template in packaged.templates()
        for logical, body in template["Resources"].items()
        if body["Type"] == FUNCTION
    }

    assert {"Automation/RollBackFunction", "Guard/BeginsFunction"} <= handlers.keys()
    for function, (address, module) in handlers.items():
        with zipfile.ZipFile(BytesIO(packaged.at(address))) as package:
            assert module in package.namelist(), function


def test_the_functions_of_a_stack_share_one_upload(packaged: Packaged) -> None:
    """What has not changed is neither uploaded nor published again."""
    addresses = {
        name: {
            body["Properties"]["CodeUri"]
            for body in template["Resources"].values()
            if body["Type"] == FUNCTION
        }
        for name, template in packaged.templates()
    }

    assert {"Automation": 1, "Bootstrap": 1, "Guard": 1, "Rotation": 1} == {
        name: len(found) for name, found in addresses.items() if found
    }


def test_the_guards_package_holds_the_guard_and_the_lock(packaged: Packaged) -> None:
    """No library, so that nothing of Shifter's can break what stands before it."""
    guard = dict(packaged.templates())["Guard"]["Resources"]
    for name in ("BeginsFunction", "EndsFunction"):
        content = BytesIO(packaged.at(guard[name]["Properties"]["CodeUri"]))
        with zipfile.ZipFile(content) as package:
            files = {name for name in package.namelist() if name.endswith(".py")}

        assert {f"interlock/{part}.py" for part in ("__init__", "lock", "occupant")} | {
            f"deploy_guard/{path.name}"
            for path in (ROOT / "src/deploy_guard").glob("*.py")
        } == files


def test_the_definition_of_the_state_machine_was_uploaded_whole(
    packaged: Packaged,
) -> None:
    [machine] = [
        body["Properties"]
        for _, template in packaged.templates()
        for body in template["Resources"].values()
        if body["Type"] == "AWS::Serverless::StateMachine"
    ]

    found = machine["DefinitionUri"]
    key = found["Key"] if isinstance(found, dict) else found.partition(f"{BUCKET}/")[2]
    source = (ROOT / "infra/cutover.asl.json").read_text("utf-8")
    assert json.loads(source) == json.loads(packaged.objects[key])


@pytest.mark.parametrize("profile", ["dev", "prod"])
def test_what_was_packaged_means_what_was_written(
    packaged: Packaged, profile: str
) -> None:
    """Rendered for a profile, the two trees differ in addresses and nowhere else."""
    given = parameters(read(), profile)
    texts = {ROOT_TEMPLATE: _with_local_paths(packaged.root)}
    for name, template in packaged.templates():
        texts[f"{name}.yaml"] = json.dumps(template)
    found = render(Sources(texts), given, profile)
    written = render(read(), given, profile)

    assert written.stacks.keys() == found.stacks.keys()
    for name, stack in written.stacks.items():
        if name == "Root":
            continue
        for logical, resource in stack.resources.items():
            if not resource.type.startswith("AWS::Serverless::"):
                other = found.stacks[name].resources[logical]
                assert resource.properties == other.properties, resource.id


def _with_local_paths(root: Template) -> str:
    """The root with paths for the addresses of its stacks."""
    found = json.loads(json.dumps(root))
    for name, body in found["Resources"].items():
        body["Properties"]["TemplateURL"] = f"{name}.yaml"
    return json.dumps(found)


def _handler(body: Any) -> str:
    module = body["Properties"]["Handler"].rpartition(".")[0]
    return f"{module.replace('.', '/')}.py"
