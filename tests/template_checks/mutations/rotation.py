"""Rotations, and who keeps them clear of a cutover."""

from tests.template_checks.mutations.mutation import Mutation

ROTATION, ROOT = "infra/rotation.yaml", "template.yaml"
NETWORK = "infra/network.yaml"
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
    Mutation(
        "ROT06",
        "a hosted rotation that failed and nobody may repeat",
        ROTATION,
        "              - *hosted\n",
        "              - !Ref RotateFunction.Alias\n",
    ),
    Mutation(
        "ROT06",
        "our own rotation that failed and nobody may repeat",
        ROTATION,
        "              - !Ref RotateFunction.Alias\n              - *hosted\n",
        "              - *hosted\n              - *hosted\n",
        also=(GUARDED,),
    ),
    Mutation(
        "ROT07",
        "a policy for the world, if nobody asks",
        ROTATION,
        '              Bool: {"secretsmanager:BlockPublicPolicy": "true"}',
        '              BoolIfExists: {"secretsmanager:BlockPublicPolicy": "true"}',
    ),
    Mutation(
        "ROT08",
        "a rotator that cannot reach the lock",
        NETWORK,
        """\
      SecurityGroupEgress:
        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0, Description: DynamoDB by its gateway endpoint}
""",
        "      SecurityGroupEgress: *nowhere\n",
    ),
    Mutation(
        "ROT09",
        "a rotator with a way out",
        ROOT,
        "        SubnetIds: !GetAtt Network.Outputs.DataSubnetIds\n",
        "        SubnetIds: !GetAtt Network.Outputs.AppSubnetIds\n",
        last=True,
    ),
    Mutation(
        "ROT09",
        "a hosted rotation with a way out",
        ROOT,
        "        RotationSubnetIds: !GetAtt Network.Outputs.DataSubnetIds\n",
        "        RotationSubnetIds: !GetAtt Network.Outputs.AppSubnetIds\n",
    ),
)
