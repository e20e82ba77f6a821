"""Tags, permissions, alarms, parameters, and how stacks are joined."""

from tests.template_checks.mutations.mutation import Mutation

SECURITY, MONITORING = "infra/security.yaml", "infra/monitoring.yaml"
ECS, ALB, BACKUP = "infra/ecs.yaml", "infra/alb.yaml", "infra/backup.yaml"
SSM, ROOT, DMS = "infra/ssm-parameter.yaml", "template.yaml", "infra/dms.yaml"
NETWORK, DATABASE = "infra/network.yaml", "infra/database.yaml"
LIST_OF_TAGS = "- {Key: CostCenter, Value: !Ref CostCenter}"

REST = (
    Mutation(
        "TAG01",
        "a tag missing from a list",
        NETWORK,
        "        - {Key: CostCenter, Value: !Ref CostCenter}\n",
        "        - {Key: Owner, Value: !Ref CostCenter}\n",
    ),
    Mutation(
        "TAG01",
        "a tag missing from a map",
        SSM,
        "        CostCenter: !Ref CostCenter\n",
        "        Owner: !Ref CostCenter\n",
    ),
    Mutation(
        "TAG01",
        "a tag missing where the property has another name",
        BACKUP,
        "      BackupPlanTags: *tags\n",
        "",
    ),
    Mutation(
        "TAG01",
        "health checks without tags",
        "infra/route53.yaml",
        "      HealthCheckTags: *tags\n",
        "",
    ),
    Mutation(
        "TAG03",
        "tasks without tags",
        ECS,
        "      PropagateTags: SERVICE\n",
        "",
    ),
    Mutation(
        "TAG04",
        "a tag on the weights",
        ALB,
        "            TargetGroupStickinessConfig: {Enabled: false}\n",
        "            TargetGroupStickinessConfig: {Enabled: false}\n      Tags: *tags\n",
    ),
    Mutation(
        "IAM01",
        "every action of a service",
        ECS,
        "Action: secretsmanager:GetSecretValue\n                Resource: !Ref BlueApp",
        "Action: secretsmanager:Get*\n                Resource: !Ref BlueApp",
    ),
    Mutation(
        "IAM01",
        "an endpoint for everything",
        NETWORK,
        "              - ssm:GetParameters\n",
        "              - ssm:*\n",
    ),
    Mutation(
        "IAM02",
        "images of every team",
        ECS,
        "Resource: !GetAtt Repository.Arn",
        'Resource: "*"',
    ),
    Mutation(
        "IAM03",
        "an action that does not exist",
        DMS,
        "secretsmanager:DescribeSecret",
        "secretsmanager:ReadSecret",
    ),
    Mutation(
        "IAM04",
        "a role for any account",
        NETWORK,
        "            Principal: {Service: vpc-flow-logs.amazonaws.com}\n"
        "            Action: sts:AssumeRole\n"
        "            Condition:\n"
        '              StringEquals: {"aws:SourceAccount": !Ref "AWS::AccountId"}\n',
        "            Principal: {Service: vpc-flow-logs.amazonaws.com}\n"
        "            Action: sts:AssumeRole\n",
    ),
    Mutation(
        "IAM05",
        "a bucket that takes what comes in the open",
        ALB,
        "aws:SecureTransport",
        "aws:SecureTransports",
        also=((ALB, '"aws:SecureTransports": "false"', '"aws:Secure": "false"'),),
    ),
    Mutation(
        "IAM06",
        "blue's tasks read green's credentials",
        ECS,
        "Action: secretsmanager:GetSecretValue\n                Resource: !Ref BlueApp",
        "Action: secretsmanager:GetSecretValue\n                Resource: !Ref GreenApp",
    ),
    Mutation(
        "IAM06",
        "a running green task reads blue's credentials",
        ECS,
        'Version: "2012-10-17"\n            Statement:\n              - Effect: Allow\n'
        "                Action: secretsmanager:GetSecretValue\n"
        "                Resource: !Ref GreenApp",
        'Version: "2012-10-17"\n            Statement:\n              - Effect: Allow\n'
        "                Action: secretsmanager:GetSecretValue\n"
        "                Resource: !Ref BlueApp",
    ),
    Mutation(
        "MON01",
        "a lane without an alarm at one edge",
        MONITORING,
        "{Name: TargetGroup, Value: !Ref Edge2CanaryFullName}",
        "{Name: TargetGroup, Value: !Ref Edge2GreenFullName}",
        last=True,
    ),
    Mutation(
        "MON02",
        "an edge without an alarm",
        MONITORING,
        "HTTPCode_ELB_5XX_Count",
        "HTTPCode_ELB_4XX_Count",
    ),
    Mutation(
        "MON03",
        "lag in one direction alone",
        MONITORING,
        "MetricName: CDCLatencyTarget",
        "MetricName: CDCLatency",
        last=True,
    ),
    Mutation(
        "MON03",
        "validation that nobody watches",
        MONITORING,
        "MetricName: ValidationSuspendedOverallCount",
        "MetricName: ValidationPendingOverallCount",
    ),
    Mutation(
        "MON04",
        "an alarm that tells nobody",
        MONITORING,
        "      AlarmActions: [!Ref Topic]\n",
        "",
    ),
    Mutation(
        "MON05",
        "missing data that mean nothing",
        MONITORING,
        "TreatMissingData: notBreaching",
        "TreatMissingData: missing",
    ),
    Mutation(
        "MON06",
        "a composite without an edge",
        MONITORING,
        ' OR ALARM("${Green5xxAt2}") OR ALARM("${GreenUnhealthyAt2}")',
        ' OR ALARM("${Green5xxAt2}")',
    ),
    Mutation(
        "MON07",
        "a dashboard that does not parse",
        MONITORING,
        '{"type": "metric", "x": 0, "y": 0,',
        '{"type": "metric", "x": 0 "y": 0,',
    ),
    Mutation(
        "MON08",
        "a failed rotation that nobody hears",
        MONITORING,
        "eventName: [RotationFailed, RotationAbandoned]",
        "eventName: [RotationStarted]",
    ),
    Mutation(
        "MON09",
        "a rate of two requests",
        MONITORING,
        "IF(requests >= ${MinimumRequests}, 100 * FILL(errors, 0) / requests, 0)",
        "100 * FILL(errors, 0) / requests + 0 * ${MinimumRequests}",
    ),
    Mutation(
        "MON10",
        "one bad minute",
        MONITORING,
        "      DatapointsToAlarm: 2\n      EvaluationPeriods: 3\n",
        "      DatapointsToAlarm: 1\n      EvaluationPeriods: 1\n",
    ),
    Mutation(
        "SSM01",
        "a topology with a word that Shifter does not know",
        SSM,
        '"database": "fenced"',
        '"database": "both"',
    ),
    Mutation(
        "SSM01",
        "a topology that does not parse",
        SSM,
        '"schema_version": 1, "environment": "${Environment}", "database"',
        '"schema_version": 1 "environment": "${Environment}", "database"',
    ),
    Mutation(
        "SSM02",
        "a topology over 4 KB",
        SSM,
        '          {"schema_version": 1, "environment": "${Environment}", "database"',
        '          {"schema_version": 1,'
        + 3000 * " "
        + '"environment": "${Environment}", "database"',
    ),
    Mutation(
        "SSM03",
        "a secret in a parameter",
        SSM,
        '"url": "https://${DomainName}"',
        '"url": "https://${DomainName}/{{resolve:secretsmanager:a}}"',
    ),
    Mutation(
        "SSM04",
        "a weight in a parameter",
        SSM,
        '"url": "https://${DomainName}"',
        '"url": "https://${DomainName}", "weight": 1',
    ),
    Mutation(
        "SSM05",
        "a configuration that does not parse",
        SSM,
        '"port": 3306,',
        '"port": 3306',
    ),
    Mutation(
        "WIR01",
        "an output that nobody reads",
        BACKUP,
        "Outputs:\n",
        "Outputs:\n  PlanId:\n    Description: The plan.\n    Value: !Ref Plan\n",
    ),
    Mutation(
        "WIR02",
        "a parameter that nothing reads",
        BACKUP,
        "Parameters:\n",
        "Parameters:\n  Color:\n    Type: String\n    Description: None.\n"
        "    Default: blue\n",
    ),
    Mutation(
        "WIR03",
        "a network that goes with a mistake",
        ROOT,
        "    DeletionPolicy: Retain\n",
        "    DeletionPolicy: Delete\n",
    ),
    Mutation(
        "RENDER",
        "an output that is not there",
        ROOT,
        "!GetAtt Backup.Outputs.VaultName",
        "!GetAtt Backup.Outputs.Vault",
    ),
    Mutation(
        "RENDER",
        "stacks that wait for each other",
        ROOT,
        "DataKeyArn: !GetAtt Security.Outputs.DataKeyArn",
        "DataKeyArn: !GetAtt Backup.Outputs.VaultName",
    ),
    Mutation(
        "RENDER",
        "a parameter that the child does not know",
        ROOT,
        "        NatMode: !Ref NatMode\n",
        "        Nat: !Ref NatMode\n",
    ),
    Mutation(
        "E9003",
        "a database that goes with its stack",
        DATABASE,
        "    UpdateReplacePolicy: Snapshot\n",
        "",
    ),
    Mutation(
        "E9003",
        "a key that goes with its stack",
        SECURITY,
        "    DeletionPolicy: Retain\n",
        "",
    ),
    Mutation(
        "E9005",
        "an export",
        BACKUP,
        "    Value: !Ref Vault\n",
        "    Value: !Ref Vault\n    Export: {Name: vault}\n",
    ),
    Mutation(
        "E9006",
        "a written partition",
        BACKUP,
        "arn:${AWS::Partition}:iam",
        "arn:aws:iam",
    ),
    Mutation(
        "E9007",
        "a parameter that nobody explains",
        BACKUP,
        "    Description: Blue cluster.\n",
        "",
    ),
    Mutation(
        "INV03",
        "a root too large for one call",
        ROOT,
        "Resources:\n",
        "# " + 40_000 * "-" + "\nResources:\n",
    ),
)
