"""DMS: documents and what they say.  A document is in two places; both are broken."""

from tests.template_checks.mutations.mutation import Mutation

DMS = "infra/dms.yaml"


def _in(rule: str, name: str, document: str, old: str, new: str) -> Mutation:
    """A mutation of a document: of its text in the template, and of its file."""
    return Mutation(
        rule,
        name,
        DMS,
        old,
        new,
        last=document.endswith("reverse"),
        also=((f"infra/dms/{document}.json", old, new),),
    )


REPLICATION = (
    _in(
        "DMS02",
        "11 every schema",
        "mappings-forward",
        '"schema-name": "paymentdb"',
        '"schema-name": "%"',
    ),
    _in(
        "DMS02",
        "a policy with a typing error",
        "settings-forward",
        '"ApplyErrorInsertPolicy"',
        '"AplyErrorInsertPolicy"',
    ),
    _in(
        "DMS02",
        "a transformation",
        "mappings-forward",
        '"rule-type": "selection"',
        '"rule-type": "transformation"',
    ),
    _in(
        "DMS03",
        "two rules with one id",
        "mappings-reverse",
        '"rule-id": "2"',
        '"rule-id": "1"',
    ),
    _in(
        "DMS04",
        "11 loops that are not mirrored",
        "settings-reverse",
        '"SourceSchema": "awsdms_loop_green"',
        '"SourceSchema": "awsdms_loop_blue"',
    ),
    _in(
        "DMS04",
        "no loopback prevention",
        "settings-forward",
        '"EnableLoopbackPrevention": true',
        '"EnableLoopbackPrevention": false',
    ),
    _in(
        "DMS05",
        "11 batch apply",
        "settings-forward",
        '"BatchApplyEnabled": false',
        '"BatchApplyEnabled": true',
    ),
    Mutation(
        "DMS06",
        "a reverse task that loads everything",
        DMS,
        "MigrationType: cdc",
        "MigrationType: full-load-and-cdc",
    ),
    _in(
        "DMS06",
        "DDL in both directions",
        "settings-reverse",
        '"HandleSourceTableAltered": false',
        '"HandleSourceTableAltered": true',
    ),
    _in(
        "DMS07",
        "control tables replicated",
        "mappings-forward",
        '"schema-name": "awsdms%"',
        '"schema-name": "other%"',
    ),
    _in(
        "DMS08",
        "a row that is logged and lost",
        "settings-forward",
        '"DataErrorPolicy": "STOP_TASK"',
        '"DataErrorPolicy": "LOG_ERROR"',
    ),
    _in(
        "DMS08",
        "a task that captures no table and is green",
        "settings-reverse",
        '"FailOnNoTablesCaptured": true',
        '"FailOnNoTablesCaptured": false',
    ),
    Mutation(
        "DMS09",
        "a certificate that nobody checks",
        DMS,
        "SslMode: verify-full",
        "SslMode: verify-ca",
    ),
    Mutation(
        "DMS10",
        "a document that is not its file",
        "infra/dms/settings-forward.json",
        '"CommitRate": 10000',
        '"CommitRate": 50000',
    ),
    _in(
        "DMS11",
        "rows that nobody compares",
        "settings-reverse",
        '"EnableValidation": true',
        '"EnableValidation": false',
    ),
    _in(
        "DMS12",
        "tables that are dropped first",
        "settings-forward",
        '"TargetTablePrepMode": "DO_NOTHING"',
        '"TargetTablePrepMode": "DROP_AND_CREATE"',
    ),
    Mutation(
        "DMS13",
        "a reverse task that goes forwards",
        DMS,
        "SourceEndpointArn: !Ref GreenSource",
        "SourceEndpointArn: !Ref BlueSource",
    ),
    Mutation(
        "SEC02",
        "replication with a secret that has no database yet",
        "template.yaml",
        "GreenDmsSecretArn: !GetAtt Database.Outputs.GreenDmsSecretArn",
        "GreenDmsSecretArn: !GetAtt Security.Outputs.GreenDmsSecretArn",
    ),
)
