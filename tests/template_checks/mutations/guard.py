"""The guard of deployments: not asked, asked too late, not asked again, never freed."""

from tests.template_checks.mutations.mutation import Mutation

ROOT, OWN = "template.yaml", "infra/guard.yaml"
WAITS = "    DependsOn: Guard\n"
GIVEN = "DeployId: !Ref DeployId\n"
CONSTANT = "DeployId: !Select [0, [always-the-same, !Ref DeployId]]\n"
STATUS = "                    - UPDATE_ROLLBACK_COMPLETE\n"

GUARD = (
    Mutation("GRD01", "a first stack that does not wait", ROOT, WAITS, ""),
    Mutation("GRD01", "a last stack that does not wait", ROOT, WAITS, "", last=True),
    Mutation(
        "GRD01",
        "a stack that waits for another one alone",
        ROOT,
        "    DependsOn: [Guard, Bootstrap]  # its users and tables\n",
        "    DependsOn: Bootstrap\n",
    ),
    Mutation(
        "GRD01",
        "a guard that nobody asks",
        OWN,
        "    Type: AWS::CloudFormation::CustomResource\n",
        "    Type: AWS::CloudFormation::WaitConditionHandle\n",
    ),
    Mutation(
        "GRD02",
        "an id that need not be given",
        ROOT,
        "    AllowedPattern: ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$\n",
        "    Default: first\n",
    ),
    Mutation("GRD02", "a constant id in the root", ROOT, GIVEN, CONSTANT),
    Mutation("GRD02", "a constant id in the guard", OWN, GIVEN, CONSTANT),
    Mutation(
        "GRD02",
        "a guard that has an id by itself",
        OWN,
        "    Description: What tells this deployment from the one before.\n",
        "    Description: What tells it from the one before.\n    Default: first\n",
    ),
    Mutation(
        "GRD02",
        "an id in the configuration of SAM",
        "samconfig.toml",
        "parameter_overrides = [\n",
        'parameter_overrides = [\n    "DeployId=1",\n',
        last=True,
    ),
    Mutation(
        "GRD02",
        "an id in a profile",
        "infra/params/prod.json",
        "{\n",
        '{\n  "DeployId": "1",\n',
    ),
    Mutation(
        "GRD03",
        "a weight of DNS that the guard does not see",
        ROOT,
        "[!Ref Edge1DnsWeight, !Ref Edge2DnsWeight]",
        "[!Ref Edge1DnsWeight]",
    ),
    Mutation(
        "GRD03",
        "a lane that the guard does not see",
        ROOT,
        "!Ref Edge1CanaryWeight, !Ref Edge1GreenWeight]",
        "!Ref Edge1GreenWeight]",
    ),
    Mutation(
        "GRD03",
        "weights that do not reach the guard",
        OWN,
        "      Weights: !Ref Weights\n",
        "      Seen: !Ref Weights\n",
    ),
    Mutation("GRD04", "a way back whose end nobody hears", OWN, STATUS, ""),
    Mutation(
        "GRD04",
        "a way back that is not yet gone",
        OWN,
        STATUS,
        STATUS + "                    - UPDATE_ROLLBACK_FAILED\n",
    ),
    Mutation(
        "GRD04",
        "an ear for the guard's own stack",
        OWN,
        "stack-id: [!Ref RootStackId]",
        "stack-id: [!Ref AWS::StackId, !Ref RootStackId]",
    ),
    Mutation(
        "GRD05",
        "a guard without a timeout",
        OWN,
        "      ServiceTimeout: 300  #",
        "      #",
    ),
    Mutation(
        "GRD05",
        "a guard that is waited for for an hour",
        OWN,
        "ServiceTimeout: 300",
        "ServiceTimeout: 3600",
    ),
    Mutation(
        "GRD06",
        "a guard without its alias",
        OWN,
        "ServiceToken: !Ref BeginsFunction.Alias",
        "ServiceToken: !GetAtt BeginsFunction.Arn",
    ),
    Mutation(
        "GRD07",
        "an end that could not be delivered",
        OWN,
        "            DeadLetterConfig: {Arn: !GetAtt DeadLetters.Arn}\n",
        "",
    ),
    Mutation(
        "GRD07",
        "an end about which the function failed",
        OWN,
        """\
        DestinationConfig:
          OnFailure: {Type: SQS, Destination: !GetAtt DeadLetters.Arn}
""",
        "",
    ),
    Mutation(
        "GRD07",
        "ends that lie where nobody looks",
        "infra/automation.yaml",
        'Value: !Sub "${Environment}-deploy-dead-letters"',
        'Value: !Sub "${Environment}-shifter-dead-letters"',
    ),
)
