"""The bootstrap of the databases, and whoever has to wait for it."""

from tests.template_checks.mutations.mutation import Mutation

BOOTSTRAP, NETWORK, ROOT = "infra/bootstrap.yaml", "infra/network.yaml", "template.yaml"
PROD = "infra/params/prod.json"
ANSWERS = """\
          - Sid: AnswersToCloudFormation
            Effect: Allow
            Principal: "*"
            Action: s3:PutObject
            Resource: !Sub
              - arn:${AWS::Partition}:s3:::cloudformation-custom-resource-response-${Place}/*
              - Place: !Join ["", !Split ["-", !Ref "AWS::Region"]]
"""

BOOTSTRAPS = (
    Mutation(
        "BOO01",
        "replication that does not wait for its users",
        ROOT,
        "    DependsOn: [Guard, Bootstrap]  # its users and tables\n",
        "    DependsOn: Guard\n",
    ),
    Mutation(
        "BOO01",
        "tasks that do not wait for their user",
        ROOT,
        "    DependsOn: [Guard, Bootstrap]  # its user and tables\n",
        "    DependsOn: Guard\n",
    ),
    Mutation(
        "BOO01",
        "replication that waits for something else",
        ROOT,
        "    DependsOn: [Guard, Bootstrap]  # its users and tables\n",
        "    DependsOn: [Guard, Network]\n",
    ),
    Mutation(
        "BOO02",
        "green's bootstrap on blue's database",
        BOOTSTRAP,
        "Host: !Ref GreenEndpoint",
        "Host: !Ref BlueEndpoint",
        # GreenEndpoint is still read: WIR02 has nothing to say
        also=(
            (
                BOOTSTRAP,
                "Side: green\n",
                "Side: green\n      Was: !Ref GreenEndpoint\n",
            ),
        ),
    ),
    Mutation(
        "BOO02",
        "green's bootstrap with blue's secret",
        ROOT,
        "        GreenAppSecretArn: !GetAtt Database.Outputs.GreenAppSecretArn\n        GreenDmsSecretArn: !GetAtt Database.Outputs.GreenDmsSecretArn\n",
        "        GreenAppSecretArn: !GetAtt Database.Outputs.BlueAppSecretArn\n        GreenDmsSecretArn: !GetAtt Database.Outputs.GreenDmsSecretArn\n",
    ),
    Mutation("BOO02", "two blue sides", BOOTSTRAP, "Side: green", "Side: blue"),
    Mutation(
        "BOO03",
        "a bootstrap that no new package runs again",
        BOOTSTRAP,
        "      Version: !Ref BootstrapFunction.Version  # asked again by each new package\n",
        "",
    ),
    Mutation(
        "BOO03",
        "a version that never changes",
        BOOTSTRAP,
        "Version: !Ref BootstrapFunction.Version",
        'Version: "1"',
    ),
    Mutation(
        "BOO04",
        "CloudFormation less patient than the function",
        BOOTSTRAP,
        "ServiceTimeout: 1800",
        "ServiceTimeout: 300",
    ),
    Mutation("BOO05", "answers that stay in the network", NETWORK, ANSWERS, ""),
    Mutation(
        "BOO05",
        "a bucket with hyphens in its region",
        NETWORK,
        '!Join ["", !Split ["-", !Ref "AWS::Region"]]',
        '!Ref "AWS::Region"',
    ),
    Mutation(
        "BOO06",
        "a master user's function with a way out",
        ROOT,
        "        SubnetIds: !GetAtt Network.Outputs.DataSubnetIds\n        GroupId",
        "        SubnetIds: !GetAtt Network.Outputs.AppSubnetIds\n        GroupId",
    ),
    Mutation(
        "BOO06",
        "a master user's function outside",
        BOOTSTRAP,
        "      VpcConfig:\n        SubnetIds: !Ref SubnetIds\n        SecurityGroupIds: [!Ref GroupId]\n",
        "",
    ),
    Mutation(
        "BOO07",
        "the key of secrets for anything",
        BOOTSTRAP,
        """\
                Condition:
                  StringEquals: {"kms:ViaService": !Sub "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"}
""",
        "",
    ),
    Mutation(
        "BOO08",
        "binary logs for a day",
        PROD,
        '"BinlogRetentionHours": "168"',
        '"BinlogRetentionHours": "24"',
    ),
    Mutation(
        "SEC02",
        "a bootstrap with a secret that knows no database",
        ROOT,
        "        BlueFenceSecretArn: !GetAtt Database.Outputs.BlueFenceSecretArn\n        GreenEndpoint",
        "        BlueFenceSecretArn: !GetAtt Security.Outputs.BlueFenceSecretArn\n        GreenEndpoint",
    ),
    Mutation(
        "IAM02",
        "every secret of the account",
        BOOTSTRAP,
        "                  - !Ref BlueMasterSecretArn\n",
        '                  - !Ref BlueMasterSecretArn\n                  - "*"\n',
    ),
    Mutation(
        "IAM14",
        "a security group by another name",
        BOOTSTRAP,
        "${AWS::AccountId}:security-group/${GroupId}",
        "${AWS::AccountId}:group/${GroupId}",
    ),
    Mutation(
        "IAM09",
        "an action that takes no resource, on one",
        BOOTSTRAP,
        '                Action: [ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets]\n                Resource: "*"\n',
        "                Action: [ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets]\n                Resource: !Ref SecretsKeyArn\n",
    ),
    Mutation(
        "LOG03",
        "the bootstrap's log without a group",
        BOOTSTRAP,
        "LogGroupName: !Sub /aws/lambda/${Environment}-bootstrap",
        "LogGroupName: !Sub /shifter/${Environment}/bootstrap",
    ),
    Mutation(
        "NET10",
        "a database that does not let the bootstrap in",
        NETWORK,
        "      SourceSecurityGroupId: !Ref BootstrapGroup\n      IpProtocol: tcp\n      FromPort: 3306\n      ToPort: 3306\n",
        "      SourceSecurityGroupId: !Ref BootstrapGroup\n      IpProtocol: tcp\n      FromPort: 3307\n      ToPort: 3307\n",
    ),
)
