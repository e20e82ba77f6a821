"""An event about a rotation, whichever way it came: what it leads to."""

from __future__ import annotations

from typing import assert_never

from rotation_hooks.core.errors import Conflict
from rotation_hooks.core.labels import CURRENT
from rotation_hooks.core.news import Kind, News
from rotation_hooks.core.progress import Progress, Stage
from rotation_hooks.engine.failure import handle_failure
from rotation_hooks.engine.follow import follow
from rotation_hooks.engine.saving import saved
from rotation_hooks.ports import OutsidePorts


def hear(news: News, ports: OutsidePorts) -> str:
    """Do what an event asks for; what was done, in words.  Twice is the same as once.

    An event about somebody else's secret is none for us.
    """
    if news.arn not in ports.names:
        return "not one of ours"
    try:
        match news.kind:
            case Kind.STARTED:
                return _begun(news, ports)
            case Kind.CURRENT:
                return _followed(news, ports)
            case Kind.FAILED:
                found = handle_failure(news.arn, ports, news.event_id)
                return f"{found.action}: {found.reason}"
            case _:
                assert_never(news.kind)
    except Conflict:
        return "another run was faster"


def _begun(news: News, ports: OutsidePorts) -> str:
    token = ports.secrets.describe(news.arn).half_rotated
    if token is None:
        return "it has ended already"
    now = ports.clock.now()
    found = ports.rotations.load(news.arn, token)
    if found is None:
        ports.rotations.save(Progress.begun(news.arn, token, Stage.STARTED, now))
        return "a rotation has begun"
    saved(found, found.heard(news.event_id, now), ports)
    return f"it is {found.stage}"


def _followed(news: News, ports: OutsidePorts) -> str:
    described = ports.secrets.describe(news.arn)
    version = news.version or described.labelled(CURRENT)
    if version is None:
        return "no version is current"
    return f"it is {follow(news.arn, version, ports, news.event_id).stage}"
