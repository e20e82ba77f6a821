"""Templates, checks and page say of the service what the service does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sample_app import counts
from sample_app.database import _TELLS
from sample_app.settings import Settings
from shifter.adapters.probe import HttpProbe
from shifter.core.topology import Topology
from template_checks.profiles import rendered
from template_checks.rules.services import SERVED_PATHS
from template_checks.source import Sources
from tests.adapters.bench import invented_topology
from tests.mariadb import HOST
from tests.sample_app.service import ROOT, Service
from tests.template_checks.break_them import whole

LANES = ("Blue", "Canary", "Green")
BY_THE_IMAGE = {"DATABASE_AUTHORITIES"}
PAGE = (ROOT / "sample_app/README.md").read_text("utf-8")


def _container(lane: str, **changed: str) -> dict[str, Any]:
    sources: Sources = whole()
    task = rendered(sources, "dev", **changed).named("Ecs", f"{lane}Task")
    assert task is not None
    [container] = task.list("ContainerDefinitions")
    assert isinstance(container, dict)
    return container


def _told(lane: str, **changed: str) -> dict[str, str]:
    """What ECS tells a task; what only AWS knows is made up."""
    container = _container(lane, **changed)
    secrets = {entry["Name"]: "injected" for entry in container["Secrets"]}
    return {e["Name"]: e["Value"] for e in container["Environment"]} | secrets


@pytest.mark.parametrize("mode", ["dual", "single"])
@pytest.mark.parametrize("lane", LANES)
def test_a_task_is_told_all_that_the_service_needs_and_nothing_else(
    lane: str, mode: str
) -> None:
    told = _told(lane, EdgeMode=mode)
    needed = {n.upper() for n, f in Settings.model_fields.items() if f.is_required()}
    image = dict.fromkeys(BY_THE_IMAGE, "/app/authorities.pem")
    settings = Settings.from_environment(told | image)

    assert set() == needed - told.keys() - BY_THE_IMAGE
    assert set() == told.keys() - {name.upper() for name in Settings.model_fields}
    assert lane.lower() == settings.lane
    assert {"dual": 2, "single": 1}[mode] == len(settings.edges)


@pytest.mark.parametrize("lane", LANES)
def test_a_task_listens_where_its_ports_are_mapped(lane: str) -> None:
    mapped = {m["ContainerPort"] for m in _container(lane)["PortMappings"]}
    edges = _told(lane)["EDGES"].split(",")

    assert mapped == {int(entry.partition("=")[2]) for entry in edges}


def test_the_checks_know_which_paths_the_service_answers(service: Service) -> None:
    """ECS05 lets a target group ask these; another one would kill every task."""
    paths = SERVED_PATHS["Repository"]

    assert dict.fromkeys(paths, 200) == {
        path: service.get(path).status_code for path in paths
    }


def test_a_probe_hears_which_lane_answers(service: Service) -> None:
    """A rollback that cannot hear it ends without the last of its proofs."""
    document = invented_topology().model_dump()
    for edge in document["edges"]:
        edge["probe_url"] = f"http://{HOST}:{service.ports[edge['name']]}/lane"

    probe = HttpProbe(Topology.model_validate(document))

    assert ["blue", "blue"] == [probe.lane(edge) for edge in service.ports]


def test_the_page_has_every_error_of_the_database_with_its_reason() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\d,; a-zA-Z]+) \|$", PAGE, re.M)
    shown = {reason: set(map(int, re.findall(r"\d+", text))) for reason, text in rows}

    assert shown == {name: set(numbers) - {0} for name, (_, numbers) in _TELLS.items()}


def test_the_page_has_the_metrics_as_they_are_sent() -> None:
    assert f"| namespace | `{counts.NAMESPACE}` |" in PAGE
    assert all(f"`{name}`" in PAGE for name in counts.METRICS + counts.DIMENSIONS)
