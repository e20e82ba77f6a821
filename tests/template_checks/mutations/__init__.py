"""Ways to break the templates, each with the one rule that has to say so.

MUTATIONS are for our own rules, CONTROL_TOWER for those that cfn-guard runs.
"""

from tests.template_checks.mutations.bootstrap import BOOTSTRAPS
from tests.template_checks.mutations.control_tower import CONTROL_TOWER
from tests.template_checks.mutations.data import DATA
from tests.template_checks.mutations.guard import GUARD
from tests.template_checks.mutations.known import KNOWN
from tests.template_checks.mutations.mutation import Mutation
from tests.template_checks.mutations.permissions import PERMISSIONS
from tests.template_checks.mutations.replication import REPLICATION
from tests.template_checks.mutations.rest import REST
from tests.template_checks.mutations.rotation import ROTATIONS
from tests.template_checks.mutations.traffic import TRAFFIC

MUTATIONS: tuple[Mutation, ...] = (
    *KNOWN,
    *BOOTSTRAPS,
    *REPLICATION,
    *DATA,
    *TRAFFIC,
    *PERMISSIONS,
    *REST,
    *GUARD,
    *ROTATIONS,
)

__all__ = ["CONTROL_TOWER", "MUTATIONS", "Mutation"]
