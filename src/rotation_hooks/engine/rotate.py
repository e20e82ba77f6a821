"""One step of a rotation: the checks that come first, then the step itself."""

from __future__ import annotations

from typing import assert_never

from rotation_hooks.core.labels import Step, is_current
from rotation_hooks.engine.case import Case, look_at
from rotation_hooks.engine.create import create
from rotation_hooks.engine.finish import finish
from rotation_hooks.engine.prove import prove
from rotation_hooks.engine.set import set_password
from rotation_hooks.ports import Ports


def rotate(arn: str, token: str, step: Step, ports: Ports) -> str:
    """Do one step, and return what was done in words.  Twice is the same as once.

    Raises RotationError: Secrets Manager then repeats the steps with the same token.
    """
    secret = look_at(arn, ports)
    over = is_current(secret.described, token, arn)
    rotation = Case(arn, secret.name, secret.described, ports, token)
    if step is Step.FINISH:
        return finish(rotation)
    if over:
        return "the version is current already"
    match step:
        case Step.CREATE:
            return create(rotation)
        case Step.SET:
            return set_password(rotation)
        case Step.TEST:
            return prove(rotation)
        case _:
            assert_never(step)
