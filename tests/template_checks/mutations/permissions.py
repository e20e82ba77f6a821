"""Permissions that are wider than what they are for, and trust in everybody."""

from tests.template_checks.mutations.mutation import Mutation

ALB, AUTOMATION, BACKUP = "infra/alb.yaml", "infra/automation.yaml", "infra/backup.yaml"
DMS, ECS = "infra/dms.yaml", "infra/ecs.yaml"
MONITORING, NETWORK = "infra/monitoring.yaml", "infra/network.yaml"

PERMISSIONS = (
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
        "IAM02",
        "a person reads every table",
        AUTOMATION,
        "Action: [dynamodb:GetItem, dynamodb:Query]\n            Resource: !GetAtt Table.Arn",
        'Action: [dynamodb:GetItem, dynamodb:Query]\n            Resource: "*"',
    ),
    Mutation(
        "IAM04",
        "a topic for the alarms of any account",
        MONITORING,
        "            Resource: !Ref Topic\n"
        "            Condition:\n"
        '              StringEquals: {"aws:SourceAccount": !Ref "AWS::AccountId"}\n',
        "            Resource: !Ref Topic\n",
    ),
    Mutation(
        "IAM05",
        "a queue that takes what comes in the open",
        MONITORING,
        "            Effect: Deny\n"
        '            Principal: "*"\n'
        "            Action: sqs:SendMessage\n",
        "            Effect: Allow\n"
        "            Principal: {Service: lambda.amazonaws.com}\n"
        "            Action: sqs:SendMessage\n",
    ),
    Mutation(
        "IAM07",
        "everything but what is named",
        AUTOMATION,
        "            Action: states:StartExecution\n",
        "            NotAction: states:DeleteStateMachine\n",
    ),
    Mutation(
        "IAM07",
        "everywhere but on what is named",
        DMS,
        "                Action: [kms:Decrypt, kms:DescribeKey]\n                Resource:",
        "                Action: [kms:Decrypt, kms:DescribeKey]\n                NotResource:",
    ),
    Mutation(
        "IAM08",
        "a key's action on a secret",
        DMS,
        "Action: [kms:Decrypt, kms:DescribeKey]\n                Resource: !Ref SecretsKeyArn",
        "Action: [kms:Decrypt, kms:DescribeKey]\n                Resource: [!Ref SecretsKeyArn, !Ref BlueDmsSecretArn]",
    ),
    Mutation(
        "IAM09",
        "a token for one repository",
        ECS,
        'Resource: "*"  # it takes no resource',
        "Resource: !GetAtt Repository.Arn",
    ),
    Mutation(
        "IAM10",
        "every key that DynamoDB uses",
        "infra/guard.yaml",
        '                  ForAnyValue:StringEquals: {"kms:ResourceAliases": !Sub "alias/${Environment}-shifter-table"}\n',
        "",
    ),
    Mutation(
        "IAM10",
        "every key with an alias",
        "infra/guard.yaml",
        "ForAnyValue:StringEquals",
        "ForAnyValue:StringLike",
    ),
    Mutation(
        "IAM10",
        "every execution by another name",
        AUTOMATION,
        "execution:${Environment}-shifter:*",
        "execution:*",
    ),
    Mutation(
        "IAM10",
        "a parameter of any account",
        AUTOMATION,
        "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/shifter/*",
        "arn:${AWS::Partition}:ssm:${AWS::Region}:*:parameter/shifter/*",
    ),
    Mutation(
        "IAM11",
        "a function whose role SAM makes",
        AUTOMATION,
        "      Role: !GetAtt ShiftRole.Arn\n",
        "",
    ),
    Mutation(
        "IAM11",
        "a function with policies beside its role",
        AUTOMATION,
        "      Role: !GetAtt ShiftRole.Arn\n",
        "      Role: !GetAtt ShiftRole.Arn\n      Policies: [AmazonS3FullAccess]\n",
    ),
    Mutation(
        "IAM12",
        "a policy of AWS's for everything",
        BACKUP,
        "      Policies:\n",
        "      ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess']\n"
        "      Policies:\n",
    ),
    Mutation(
        "IAM13",
        "an endpoint for whoever gets into the network",
        NETWORK,
        '            Resource: "*"\n'
        "            Condition:\n"
        '              StringEquals: {"aws:PrincipalAccount": !Ref "AWS::AccountId"}\n',
        '            Resource: "*"\n',
    ),
    Mutation(
        "IAM13",
        "a role for everybody",
        BACKUP,
        "            Principal: {Service: backup.amazonaws.com}\n"
        "            Action: sts:AssumeRole\n"
        "            Condition:\n"
        '              StringEquals: {"aws:SourceAccount": !Ref "AWS::AccountId"}\n',
        '            Principal: {AWS: "*"}\n            Action: sts:AssumeRole\n',
    ),
)
