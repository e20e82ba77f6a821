"""Route 53: changes take time to reach every server, and weights end at 255.

moto answers INSYNC at once and takes any weight.  Here a change is PENDING until it is
`insync_after` virtual seconds old; until then the emulated servers go on answering with
the weights from before, the worst case.

Sources: Route 53 API reference, "ChangeResourceRecordSets" (an unknown or invalid batch
changes nothing), "GetChange", "ResourceRecordSet" (Weight: 0 to 255).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.route53.exceptions import Route53ClientError
from moto.route53.models import route53_backends
from moto.route53.responses import Route53

from shifter_sandbox.clock import VirtualClock
from shifter_sandbox.patching import patched

WEIGHT_LIMIT = 255

Weights = dict[str, int]


class NameService:
    """The fake over moto's Route 53, and what its servers answer now."""

    def __init__(self, clock: VirtualClock, *, insync_after: float = 30.0) -> None:
        self._clock = clock
        self.insync_after = timedelta(seconds=insync_after)
        self._submitted: dict[str, datetime] = {}
        self._before: list[tuple[datetime, str, dict[tuple[str, str], Weights]]] = []

    def live_weights(self, zone_id: str, name: str, kind: str) -> Weights:
        """Weights by set identifier, as the API shows them."""
        return self._snapshot(zone_id).get((_absolute(name), kind), {})

    def served_weights(self, zone_id: str, name: str, kind: str) -> Weights:
        """Weights by set identifier, as the name servers answer now."""
        now = self._clock.now()
        for submitted, zone, snapshot in self._before:
            if zone == _bare(zone_id) and now < submitted + self.insync_after:
                return snapshot.get((_absolute(name), kind), {})
        return self.live_weights(zone_id, name, kind)

    @contextmanager
    def refined(self) -> Iterator[None]:
        """Lay the fake over moto inside the context."""
        change = Route53.change_resource_record_sets

        def slow_change(response: Route53) -> ActionResult:
            for value in response._get_param("ChangeBatch.Changes"):
                _check_weight(value["ResourceRecordSet"].get("Weight"))
            zone = _bare(response._get_param("HostedZoneId"))
            snapshot = self._snapshot(zone)
            result = change(response)
            now = self._clock.now()
            id_ = f"C{mock_random.get_random_hex(13).upper()}"
            self._submitted[id_] = now
            self._before = [
                kept for kept in self._before if now < kept[0] + self.insync_after
            ]
            self._before.append((now, zone, snapshot))
            return self._change_info(id_, result)

        def slow_get_change(response: Route53) -> ActionResult:
            id_ = _bare(response._get_param("Id"))
            if id_ not in self._submitted:
                raise Route53ClientError(
                    "NoSuchChange", f"Could not find resource with ID: {id_}"
                )
            return self._change_info(id_, ActionResult({"ChangeInfo": {}}))

        with (
            patched(Route53, "change_resource_record_sets", slow_change),
            patched(Route53, "get_change", slow_get_change),
        ):
            yield

    def _change_info(self, id_: str, result: ActionResult) -> ActionResult:
        submitted = self._submitted[id_]
        pending = self._clock.now() < submitted + self.insync_after
        content: Any = result.result
        content["ChangeInfo"] = {
            "Id": f"/change/{id_}",
            "Status": "PENDING" if pending else "INSYNC",
            "SubmittedAt": submitted,
        }
        return result

    def _snapshot(self, zone_id: str) -> dict[tuple[str, str], Weights]:
        zone = route53_backends[DEFAULT_ACCOUNT_ID]["aws"].get_hosted_zone(
            _bare(zone_id)
        )
        found: dict[tuple[str, str], Weights] = {}
        for record in zone.rrsets:
            if record.set_identifier is not None and record.weight is not None:
                key = (_absolute(record.name), str(record.type))
                found.setdefault(key, {})[record.set_identifier] = int(record.weight)
        return found


def _absolute(name: str) -> str:
    return name.rstrip(".") + "."


def _bare(id_: str) -> str:
    return id_.rsplit("/", 1)[-1]


def _check_weight(weight: Any) -> None:
    if weight is not None and not 0 <= int(weight) <= WEIGHT_LIMIT:
        raise Route53ClientError(
            "InvalidInput",
            f"Invalid XML ; cvc-maxInclusive-valid: Value '{weight}' is not "
            f"facet-valid with respect to maxInclusive '{WEIGHT_LIMIT}' for type "
            "'ResourceRecordSetWeight'",
        )
