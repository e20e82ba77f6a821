"""Ways to break the templates, each with the one rule that has to say so."""

from tests.template_checks.mutations.data import DATA
from tests.template_checks.mutations.known import KNOWN
from tests.template_checks.mutations.mutation import Mutation
from tests.template_checks.mutations.replication import REPLICATION
from tests.template_checks.mutations.rest import REST
from tests.template_checks.mutations.traffic import TRAFFIC

MUTATIONS: tuple[Mutation, ...] = (*KNOWN, *REPLICATION, *DATA, *TRAFFIC, *REST)

__all__ = ["MUTATIONS", "Mutation"]
