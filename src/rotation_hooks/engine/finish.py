"""finishSecret: let the new version be the current one, and give the environment back.

Each effect is preceded by a look that shows it is still needed, so a run that was cut
off is completed by the next one, also when the label has moved already.

AWS documentation: Secrets Manager API, `UpdateSecretVersionStage` (the label
AWSPREVIOUS follows by itself).
"""

from __future__ import annotations

from rotation_hooks.core.labels import CURRENT, PENDING
from rotation_hooks.engine.case import Case


def finish(case: Case) -> str:
    """Move the labels and free the lock; return what was done."""
    secrets, current = case.ports.secrets, case.described.labelled(CURRENT)
    moved = current != case.token
    if moved:
        _ = case.pending  # a version that says nothing logs nobody in
        secrets.make_current(case.arn, case.token, current)
    if PENDING in case.described.versions[case.token]:
        secrets.drop_pending(case.arn, case.token)
    case.ports.lock.free(case.arn, case.token)
    return f"the version {'is' if moved else 'was'} current"
