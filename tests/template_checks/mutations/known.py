"""The twelve known failures of an earlier attempt, and their variants."""

from tests.template_checks.mutations.mutation import Mutation

DATABASE, DMS, ECS = "infra/database.yaml", "infra/dms.yaml", "infra/ecs.yaml"
NETWORK, ROOT = "infra/network.yaml", "template.yaml"
DEV = "infra/params/dev.json"
WITHOUT_DMS = (DEV, '"DeployDms": "true"', '"DeployDms": "false"')
"""Leaves room in the budget, so that the budget says nothing."""

KNOWN = (
    # 1: files that were never written
    Mutation(
        "INV01",
        "1 a file that is not there, nor named",
        ROOT,
        "infra/route53.yaml",
        "infra/dns.yaml",
        renamed=("infra/route53.yaml", "infra/dns.yaml"),
    ),
    Mutation(
        "RENDER",
        "1 a file that is named and not there",
        ROOT,
        "infra/dms.yaml",
        "infra/replication.yaml",
    ),
    Mutation(
        "INV02",
        "1 a stack without what it is for",
        NETWORK,
        "AWS::EC2::FlowLog\n",
        "AWS::EC2::VPCGatewayAttachment\n",
    ),
    # 2: a tag without a value
    Mutation(
        "RENDER",
        "2 a template that does not parse",
        "infra/alb.yaml",
        "{Key: Environment, Value: !Ref Environment}",
        "{Key: Environment, : !Ref Environment",
    ),
    Mutation(
        "TAG02",
        "2 a tag without a value",
        "infra/backup.yaml",
        "- {Key: Project, Value: !Ref Project}",
        "- {Key: Project}",
    ),
    # 3: an address for a nested template; here the file still has that name
    Mutation(
        "E9001",
        "3 a nested template by its address",
        ROOT,
        "infra/backup.yaml",
        "https://bucket.s3.amazonaws.com/backup.yaml",
        renamed=("infra/backup.yaml", "https://bucket.s3.amazonaws.com/backup.yaml"),
    ),
    # 4: rotation by what rotates nothing
    Mutation(
        "SEC01",
        "4 rotation by the ARN of a secret",
        DATABASE,
        """      HostedRotationLambda:
        RotationType: MySQLSingleUser  # one user: whoever counts writers must know this one
        RotationLambdaName: !Sub ${Environment}-rotate-green-fence
        KmsKeyArn: !Ref SecretsKeyArn
        ExcludeCharacters: *characters
        VpcSubnetIds: !Join [",", !Ref RotationSubnetIds]  # strings here, not lists
        VpcSecurityGroupIds: !Ref RotationGroupId
""",
        "      RotationLambdaARN: !Ref GreenFenceSecretArn\n",
    ),
    Mutation(
        "E9004",
        "4 no transform",
        DATABASE,
        "Transform: AWS::SecretsManager-2024-09-16\n",
        "",
    ),
    Mutation(
        "SEC03",
        "4 rotation every 90 days",
        DATABASE,
        '{ScheduleExpression: "cron(0 1 1,15 * ? *)", Duration: 1h}',
        "{AutomaticallyAfterDays: 90}",
    ),
    Mutation(
        "SEC03",
        "4 rotation once a month, which can be 31 days",
        DATABASE,
        "cron(0 1 1,15 * ? *)",
        "cron(0 1 1 * ? *)",
    ),
    Mutation(
        "SEC04",
        "4 subnets as a list",
        DATABASE,
        'VpcSubnetIds: !Join [",", !Ref RotationSubnetIds]',
        "VpcSubnetIds: !Ref RotationSubnetIds",
    ),
    # 5: three NAT gateways everywhere
    Mutation(
        "NET01",
        "5 a second NAT gateway in dev",
        NETWORK,
        "  NatB:\n    Type: AWS::EC2::NatGateway\n    Condition: HasNatPerAz",
        "  NatB:\n    Type: AWS::EC2::NatGateway\n    Condition: HasNat",
        also=(
            (
                NETWORK,
                "  NatAddressB:\n    Type: AWS::EC2::EIP\n    Condition: HasNatPerAz",
                "  NatAddressB:\n    Type: AWS::EC2::EIP\n    Condition: HasNat",
            ),
            WITHOUT_DMS,
        ),
    ),
    # 6: large databases everywhere
    Mutation("USD01", "6 a large class in dev", DEV, "db.t4g.medium", "db.r5.large"),
    # 7: no endpoints
    Mutation(
        "NET02",
        "7 no endpoint for secrets",
        NETWORK,
        "${AWS::Region}.secretsmanager",
        "${AWS::Region}.athena",
    ),
    Mutation(
        "NET02",
        "7 no endpoint for images",
        NETWORK,
        "${AWS::Region}.ecr.dkr",
        "${AWS::Region}.athena",
    ),
    # 8: services that no load balancer knows
    Mutation(
        "ECS01",
        "8 a service at one edge of two",
        ECS,
        "- HasTwoEdges\n          - {ContainerName: app, ContainerPort: 8081, "
        "TargetGroupArn: !Ref Edge2CanaryArn}\n          - !Ref AWS::NoValue",
        "- HasTwoEdges\n          - !Ref AWS::NoValue\n          - {ContainerName: app, "
        "ContainerPort: 8081, TargetGroupArn: !Ref Edge2CanaryArn}",
    ),
    Mutation(
        "ECS02",
        "8 a port that the container has not",
        ECS,
        "ContainerPort: 8080, TargetGroupArn: !Ref Edge1GreenArn",
        "ContainerPort: 80, TargetGroupArn: !Ref Edge1GreenArn",
    ),
    Mutation(
        "ECS02",
        "8 a container that does not exist",
        ECS,
        "{ContainerName: app, ContainerPort: 8080, TargetGroupArn: !Ref Edge1BlueArn}",
        "{ContainerName: web, ContainerPort: 8080, TargetGroupArn: !Ref Edge1BlueArn}",
    ),
    Mutation(
        "ECS03",
        "8 targets of type instance",
        "infra/alb.yaml",
        "TargetType: ip",
        "TargetType: instance",
    ),
    # 9: secrets without a database
    Mutation(
        "SEC05",
        "9 a secret without an attachment",
        DATABASE,
        "SecretId: !Ref BlueFenceSecretArn",
        "SecretId: !Ref GreenFenceSecretArn",
        also=((DATABASE, "!Ref BlueFenceAttachment", "!Ref BlueFenceSecretArn"),),
    ),
    Mutation(
        "SEC06",
        "9 a rotation that does not wait for the writer",
        DATABASE,
        "DependsOn: [GreenAppRotationLogs, GreenWriter]",
        "DependsOn: [GreenAppRotationLogs]",
    ),
    # 10: a health path that nothing serves, and an image that moves
    Mutation(
        "ECS05",
        "10 a health path that the image does not serve",
        "infra/alb.yaml",
        "HealthCheckPath: /health",
        "HealthCheckPath: /healthz",
    ),
    Mutation(
        "TSK01",
        "10 the tag latest",
        ECS,
        "- ${Repository.RepositoryUri}@${Digest}",
        "- ${Repository.RepositoryUri}:latest",
    ),
    # 11: mappings and settings
    Mutation(
        "DMS01",
        "11 mappings that are no JSON",
        DMS,
        '"rule-id": "1",',
        '"rule-id": "1"',
    ),
    # 12: logs for ever
    Mutation(
        "LOG01",
        "12 a log group without retention",
        DATABASE,
        "      RetentionInDays: !Ref LogRetentionDays\n",
        "",
    ),
    Mutation(
        "LOG02",
        "12 a log group without a key",
        ECS,
        "      KmsKeyId: !Ref LogsKeyArn\n",
        "",
    ),
)
