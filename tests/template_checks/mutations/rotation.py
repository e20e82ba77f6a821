"""Rotations, and who keeps them clear of a cutover."""

from tests.template_checks.mutations.mutation import Mutation

ROTATION, ROOT = "infra/rotation.yaml", "template.yaml"
DATABASE, TOPOLOGY = "infra/database.yaml", "infra/ssm-parameter.yaml"
PROD = "infra/params/prod.json"
GUARDED = (PROD, "{\n", '{\n  "RotationBy": "guarded",\n')

ROTATIONS = (
    Mutation(
        "ROT01",
        "a rotator that somebody else may invoke",
        ROTATION,
        "Principal: secretsmanager.amazonaws.com",
        "Principal: events.amazonaws.com",
        also=(GUARDED,),
    ),
    Mutation(
        "ROT02",
        "a secret that both rotate",
        DATABASE,
        """\
    Type: AWS::SecretsManager::RotationSchedule
    Condition: Hosted
""",
        """\
    Type: AWS::SecretsManager::RotationSchedule
""",
        also=(GUARDED,),
    ),
    Mutation(
        "ROT02",
        "a secret that nobody rotates",
        ROTATION,
        "    Condition: Guarded\n    DependsOn: RotatedBySecretsManager\n",
        "    Condition: Never\n    DependsOn: RotatedBySecretsManager\n",
        also=(
            GUARDED,
            (
                ROTATION,
                "Conditions:\n",
                "Conditions:\n  Never: !Equals [!Ref RotationBy, nobody]\n",
            ),
        ),
    ),
    Mutation(
        "ROT03",
        "a hook on the call that begins a rotation",
        ROTATION,
        "detail-type: [AWS Service Event via CloudTrail]",
        "detail-type: [AWS API Call via CloudTrail]",
    ),
    Mutation(
        "ROT04",
        "a topology without the guard",
        TOPOLOGY,
        """!Sub '{"guard": "${RotationGuardArn}"}'""",
        """!Sub '{"guard": "${RotationGuardArn}2"}'""",
    ),
    Mutation(
        "ROT05",
        "a probe outside of the network",
        ROTATION,
        """\
      LoggingConfig: {LogGroup: !Ref ProbeLogs}
      VpcConfig: *inside
""",
        """\
      LoggingConfig: {LogGroup: !Ref ProbeLogs}
""",
    ),
    Mutation(
        "ROT05",
        "a guard in the network, which reaches nothing from there",
        ROTATION,
        "      LoggingConfig: {LogGroup: !Ref GuardLogs}\n",
        "      LoggingConfig: {LogGroup: !Ref GuardLogs}\n      VpcConfig: *inside\n",
    ),
)
