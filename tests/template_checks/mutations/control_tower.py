"""Ways to break the templates that a control of AWS Control Tower has to see.

Some of them our own rules see, too: here it counts that cfn-guard does, so that what is
rendered for it is in the form that its rules can read.
"""

from tests.template_checks.mutations.mutation import Mutation

ALB, AUTOMATION = "infra/alb.yaml", "infra/automation.yaml"
DATABASE, DMS, ECS = "infra/database.yaml", "infra/dms.yaml", "infra/ecs.yaml"
NETWORK, SECURITY = "infra/network.yaml", "infra/security.yaml"
PROD = "infra/params/prod.json"

CONTROL_TOWER = (
    Mutation(
        "CT.RDS.PR.16",
        "a database that is not encrypted",
        DATABASE,
        "StorageEncrypted: true",
        "StorageEncrypted: false",
    ),
    Mutation(
        "CT.RDS.PR.3",
        "a database of prod that can be deleted",
        DATABASE,
        "DeletionProtection: !Ref DeletionProtection",
        'DeletionProtection: "false"',
    ),
    Mutation(
        "CT.RDS.PR.23",
        "a database in the open",
        DATABASE,
        "PubliclyAccessible: false",
        "PubliclyAccessible: true",
    ),
    Mutation(
        "CT.CLOUDWATCH.PR.2",
        "prod's logs are gone after a week",
        PROD,
        '"LogRetentionDays": "365"',
        '"LogRetentionDays": "7"',
    ),
    Mutation(
        "CT.CLOUDWATCH.PR.3",
        "a log group without our key",
        NETWORK,
        "      KmsKeyId: !Ref LogsKeyArn\n",
        "",
    ),
    Mutation(
        "CT.KMS.PR.3",
        "a key that its users may lend",
        SECURITY,
        "          - *grants\n",
        "",
    ),
    Mutation(
        "CT.KMS.PR.1",
        "a key that never changes",
        SECURITY,
        "EnableKeyRotation: true",
        "EnableKeyRotation: false",
    ),
    Mutation(
        "CT.S3.PR.8",
        "a bucket that takes what comes in the open",
        ALB,
        'Bool: {"aws:SecureTransport": "false"}',
        'Bool: {"aws:SecureTransport": "true"}',
    ),
    Mutation(
        "CT.S3.PR.1",
        "a bucket that can be made public",
        ALB,
        "BlockPublicPolicy: true",
        "BlockPublicPolicy: false",
    ),
    Mutation(
        "CT.ECS.PR.11",
        "a container with the rights of its host",
        ECS,
        "ReadonlyRootFilesystem: true\n",
        "ReadonlyRootFilesystem: true\n          Privileged: true\n",
    ),
    Mutation(
        "CT.ECS.PR.1",
        "a platform that nobody mends any more",
        ECS,
        "PlatformVersion: LATEST",
        'PlatformVersion: "1.3.0"',
    ),
    Mutation(
        "CT.ECR.PR.2",
        "images that nobody looks into",
        ECS,
        "ScanOnPush: true",
        "ScanOnPush: false",
    ),
    Mutation(
        "CT.DMS.PR.1",
        "replication in the open",
        DMS,
        "PubliclyAccessible: false",
        "PubliclyAccessible: true",
    ),
    Mutation(
        "CT.DYNAMODB.PR.1",
        "a table that cannot be brought back",
        AUTOMATION,
        "PointInTimeRecoveryEnabled: true",
        "PointInTimeRecoveryEnabled: false",
    ),
    Mutation(
        "CT.LAMBDA.PR.6",
        "orders from any web page, in what SAM makes",
        AUTOMATION,
        "{AuthType: AWS_IAM, InvokeMode: BUFFERED}",
        '{AuthType: AWS_IAM, InvokeMode: BUFFERED, Cors: {AllowOrigins: ["*"]}}',
    ),
    Mutation(
        "CT.STEPFUNCTIONS.PR.1",
        "a state machine without a log, in what SAM makes",
        AUTOMATION,
        "        Level: ALL\n",
        '        Level: "OFF"\n',
    ),
)
