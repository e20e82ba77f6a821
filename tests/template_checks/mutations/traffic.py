"""Network, edges, DNS, services and their tasks."""

from tests.template_checks.mutations.known import WITHOUT_DMS
from tests.template_checks.mutations.mutation import Mutation

NETWORK, ALB, ECS = "infra/network.yaml", "infra/alb.yaml", "infra/ecs.yaml"
DNS, ROOT = "infra/route53.yaml", "template.yaml"
PROD, DEV = "infra/params/prod.json", "infra/params/dev.json"

TRAFFIC = (
    Mutation(
        "NET03",
        "two zones for data",
        NETWORK,
        "  DataC:\n    Type: AWS::EC2::Subnet\n    Properties:\n      VpcId: !Ref Vpc\n"
        '      AvailabilityZone: !Select [2, !GetAZs ""]',
        "  DataC:\n    Type: AWS::EC2::Subnet\n    Properties:\n      VpcId: !Ref Vpc\n"
        '      AvailabilityZone: !Select [1, !GetAZs ""]',
    ),
    Mutation(
        "NET04",
        "a way out for data",
        NETWORK,
        "      RouteTableId: !Ref PublicRoutes\n      DestinationCidrBlock: 0.0.0.0/0",
        "      RouteTableId: !Ref DataRoutes\n      DestinationCidrBlock: 0.0.0.0/0",
    ),
    Mutation(
        "NET04",
        "a subnet that gives public addresses",
        NETWORK,
        "MapPublicIpOnLaunch: false",
        "MapPublicIpOnLaunch: true",
    ),
    Mutation(
        "NET05",
        "endpoints in two zones in dev",
        DEV,
        '"EndpointAzCount": "1"',
        '"EndpointAzCount": "2"',
        also=((DEV, '"DeployDms": "true"', '"DeployDms": "false"'),),
    ),
    Mutation(
        "NET06",
        "no layers of images",
        NETWORK,
        "prod-${AWS::Region}-starport-layer-bucket",
        "layers",
    ),
    Mutation(
        "NET07",
        "a group that may go anywhere",
        NETWORK,
        "      SecurityGroupEgress: *nowhere\n",
        "",
    ),
    Mutation(
        "NET08",
        "a NAT gateway before the gateway",
        NETWORK,
        "    Condition: HasNat\n    DependsOn: GatewayAttachment\n",
        "    Condition: HasNat\n",
    ),
    Mutation(
        "NET09",
        "a database open to the network",
        NETWORK,
        "      GroupDescription: Blue database\n      VpcId: !Ref Vpc\n",
        "      GroupDescription: Blue database\n      VpcId: !Ref Vpc\n"
        "      SecurityGroupIngress:\n"
        "        - {IpProtocol: tcp, FromPort: 3306, ToPort: 3306, CidrIp: 10.0.0.0/8}\n",
    ),
    Mutation(
        "NET10",
        "a door with one side",
        NETWORK,
        "      SourceSecurityGroupId: !Ref DmsGroup",
        "      SourceSecurityGroupId: !Ref EdgeGroup",
    ),
    Mutation(
        "NET11",
        "S3 without the subnets of data",
        NETWORK,
        "[!Ref AppRoutesA, !Ref AppRoutesB, !Ref AppRoutesC, !Ref DataRoutes]",
        "[!Ref AppRoutesA, !Ref AppRoutesB, !Ref AppRoutesC]",
    ),
    Mutation(
        "ALB01",
        "a weight of 1000",
        ROOT,
        "Description: Weight of the lane blue at edge-1.\n    Default: 1",
        "Description: Weight of the lane blue at edge-1.\n    Default: 1000",
    ),
    Mutation(
        "ALB01",
        "weights that are all 0",
        ROOT,
        "Description: Weight of the lane blue at edge-2.\n    Default: 1",
        "Description: Weight of the lane blue at edge-2.\n    Default: 0",
    ),
    Mutation(
        "ALB02",
        "a lane that no rule names",
        ALB,
        "TargetGroupArn: !Ref Edge1Canary,",
        "TargetGroupArn: !Ref Edge1Green,",
    ),
    Mutation(
        "ALB02",
        "a target group of the other edge",
        ALB,
        "TargetGroupArn: !Ref Edge2Green,",
        "TargetGroupArn: !Ref Edge1Green,",
    ),
    Mutation(
        "E9002",
        "a literal weight beside other properties",
        ALB,
        """        - Type: fixed-response
          FixedResponseConfig: {StatusCode: "503", ContentType: text/plain, """
        """MessageBody: no lane}
""",
        """        - Type: fixed-response
          Weight: 1
          FixedResponseConfig: {StatusCode: "503", ContentType: text/plain, """
        """MessageBody: no lane}
""",
    ),
    Mutation(
        "E9002",
        "a literal weight in the rule",
        ALB,
        "Weight: !Ref Edge1GreenWeight}",
        "Weight: 0}",
        also=((ALB, "MessageBody: edge-1}", "MessageBody: !Ref Edge1GreenWeight}"),),
    ),
    Mutation(
        "ALB04",
        "an old TLS policy",
        ALB,
        "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "ELBSecurityPolicy-2016-08",
    ),
    Mutation(
        "ALB05",
        "port 80 that answers",
        ALB,
        """        - Type: redirect
          RedirectConfig: {Protocol: HTTPS, Port: "443", StatusCode: HTTP_301}""",
        """        - Type: fixed-response
          FixedResponseConfig: {StatusCode: "200"}""",
    ),
    Mutation(
        "ALB06",
        "a default that answers",
        ALB,
        'FixedResponseConfig: {StatusCode: "503"',
        'FixedResponseConfig: {StatusCode: "200"',
    ),
    Mutation(
        "ALB07",
        "a load balancer before its log",
        ALB,
        "    DependsOn: AccessLogsPolicy  # it tries to write as soon as it is told to\n",
        "",
    ),
    Mutation(
        "ALB08",
        "bad headers kept",
        ALB,
        '{Key: routing.http.drop_invalid_header_fields.enabled, Value: "true"}',
        '{Key: routing.http.drop_invalid_header_fields.enabled, Value: "false"}',
    ),
    Mutation(
        "ALB09",
        "prod without a firewall",
        PROD,
        '"EnableWaf": "true"',
        '"EnableWaf": "false"',
    ),
    Mutation(
        "ALB10",
        "clients that stick",
        ALB,
        "TargetGroupStickinessConfig: {Enabled: false}",
        "TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: 300}",
    ),
    Mutation(
        "ALB11",
        "a rule behind the catch-all",
        ALB,
        "Priority: 10\n",
        "Priority: 2000\n",
    ),
    Mutation(
        "ALB12",
        "targets that stay for five minutes",
        ALB,
        'deregistration_delay.timeout_seconds, Value: "30"',
        'deregistration_delay.timeout_seconds, Value: "300"',
    ),
    Mutation(
        "ALB13",
        "a public bucket",
        ALB,
        "BlockPublicPolicy: true",
        "BlockPublicPolicy: false",
    ),
    Mutation(
        "DNS01",
        "a weight of 300",
        ROOT,
        "Description: Weight of the DNS record of edge-1.\n    Default: 1",
        "Description: Weight of the DNS record of edge-1.\n    Default: 300",
    ),
    Mutation(
        "DNS02",
        "weights that are all 0",
        ROOT,
        "Description: Weight of the DNS record of edge-1.\n    Default: 1",
        "Description: Weight of the DNS record of edge-1.\n    Default: 0",
    ),
    Mutation(
        "DNS03",
        "AAAA for one edge alone",
        DNS,
        "Type: AAAA\n      SetIdentifier: edge-2",
        "Type: AAAA\n      SetIdentifier: edge-3",
    ),
    Mutation(
        "DNS04",
        "health of the targets",
        DNS,
        "EvaluateTargetHealth: false",
        "EvaluateTargetHealth: true",
    ),
    Mutation(
        "DNS05",
        "an edge that does not answer for itself",
        ALB,
        "[/edge-health]",
        "[/edge]",
        also=((ALB, "[/edge-health]", "[/edge]"),),
    ),
    Mutation(
        "ECS04",
        "no time to start",
        ECS,
        "      HealthCheckGracePeriodSeconds: 60\n",
        "",
    ),
    Mutation(
        "ECS06",
        "no circuit breaker",
        ECS,
        "DeploymentCircuitBreaker: {Enable: true, Rollback: true}",
        "DeploymentCircuitBreaker: {Enable: true, Rollback: false}",
    ),
    Mutation(
        "ECS07",
        "a strategy that writes weights",
        ECS,
        "Strategy: ROLLING",
        "Strategy: BLUE_GREEN",
    ),
    Mutation(
        "ECS08",
        "a desired count at every deployment",
        ECS,
        'DesiredCount: !If [HasBlueImage, !Ref "AWS::NoValue", 0]',
        "DesiredCount: !If [HasBlueImage, 1, 0]",
    ),
    Mutation(
        "ECS09",
        "a canary that runs all month",
        ECS,
        "      DesiredCount: 0\n",
        "      DesiredCount: 1\n",
        also=(WITHOUT_DMS,),
    ),
    Mutation(
        "ECS10",
        "a task with a public address",
        ECS,
        "AssignPublicIp: DISABLED",
        "AssignPublicIp: ENABLED",
    ),
    Mutation(
        "ECS11",
        "a shell in a task",
        ECS,
        "EnableExecuteCommand: false",
        "EnableExecuteCommand: true",
    ),
    Mutation(
        "ECS12",
        "an edge at the other's port",
        ECS,
        "ContainerPort: 8081, TargetGroupArn: !Ref Edge2GreenArn",
        "ContainerPort: 8080, TargetGroupArn: !Ref Edge2GreenArn",
    ),
    Mutation(
        "ECS12",
        "a group at the other edge's port",
        ALB,
        "      Port: 8081\n",
        "      Port: 8080\n",
    ),
    Mutation("TSK02", "a task as root", ECS, 'User: "10001:10001"', 'User: "0"'),
    Mutation(
        "TSK03",
        "a root file system that can be written",
        ECS,
        "ReadonlyRootFilesystem: true",
        "ReadonlyRootFilesystem: false",
    ),
    Mutation(
        "TSK04",
        "a password in the definition",
        ECS,
        "            - {Name: DATABASE_NAME, Value: paymentdb}\n",
        "            - {Name: DATABASE_NAME, Value: paymentdb}\n"
        "            - {Name: API_TOKEN, Value: abc}\n",
    ),
    Mutation(
        "TSK04",
        "a whole secret in one variable",
        ECS,
        "${GreenAppSecretArn}:password::",
        "${GreenAppSecretArn}",
    ),
    Mutation(
        "TSK05",
        "canary on green's database",
        ECS,
        "{Name: DATABASE_HOST, Value: !Ref BlueEndpoint}",
        "{Name: DATABASE_HOST, Value: !Ref GreenEndpoint}",
    ),
)
