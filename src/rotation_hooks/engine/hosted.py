"""Rotations that AWS hosts: kept from beginning while a cutover holds the environment.

Rules of this file
* A policy is written only when it says something else, and is read back.
* It is closed before a cutover begins, and opened when none holds the environment:
  by the end of the cutover, or by the next look after it.
"""

from __future__ import annotations

from rotation_hooks.core.errors import NotVerified
from rotation_hooks.core.policy import closed, has_ours, is_closed, opened
from rotation_hooks.ports import OutsidePorts


def close(ports: OutsidePorts) -> None:
    """Keep every hosted rotation from beginning.  Raises NotVerified and AwsError."""
    for arn, role in ports.hosted_roles.items():
        before = ports.policies.read(arn)
        if is_closed(before, role):
            continue
        ports.policies.write(arn, closed(before, role))
        if not is_closed(ports.policies.read(arn), role):
            raise NotVerified(f"{arn}: its policy was written, and says something else")


def open_again(ports: OutsidePorts) -> None:
    """Let hosted rotations begin.  Raises NotVerified and AwsError."""
    for arn in ports.hosted_roles:
        before = ports.policies.read(arn)
        if not has_ours(before):
            continue
        ports.policies.write(arn, opened(before))
        if has_ours(ports.policies.read(arn)):
            raise NotVerified(f"{arn}: its policy still keeps rotations out")


def follow_the_lock(ports: OutsidePorts) -> None:
    """Closed while a cutover holds the environment, open otherwise."""
    holder = ports.lock.holder()
    if holder is not None and holder.cutover_id is not None:
        close(ports)
        return
    open_again(ports)
