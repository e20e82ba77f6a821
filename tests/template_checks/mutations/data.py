"""Databases, secrets, keys, backups and logs."""

from tests.template_checks.mutations.mutation import Mutation

DATABASE, SECURITY = "infra/database.yaml", "infra/security.yaml"
BACKUP, ROOT = "infra/backup.yaml", "template.yaml"
PROD, DEV = "infra/params/prod.json", "infra/params/dev.json"

DATA = (
    Mutation("DBS01", "binlog_format: ROWW", DATABASE, "format: ROW ", "format: ROWW "),
    Mutation(
        "DBS01",
        "half of each row",
        DATABASE,
        "binlog_row_image: FULL",
        "binlog_row_image: MINIMAL",
    ),
    Mutation(
        "DBS02",
        "logins in the open",
        DATABASE,
        'require_secure_transport: "ON"',
        'require_secure_transport: "OFF"',
    ),
    Mutation("DBS02", "TLS 1.1", DATABASE, "TLSv1.2,TLSv1.3", "TLSv1.1,TLSv1.2"),
    Mutation(
        "DBS03",
        "an audit log of queries",
        DATABASE,
        "CONNECT,QUERY_DDL,QUERY_DCL",
        "CONNECT,QUERY",
    ),
    Mutation(
        "DBS04",
        "both sides count alike",
        DATABASE,
        'auto_increment_offset: "2"',
        'auto_increment_offset: "1"',
    ),
    Mutation(
        "DBS05",
        "one instance for each database in prod",
        PROD,
        '"DatabaseInstanceCount": "2"',
        '"DatabaseInstanceCount": "1"',
    ),
    Mutation(
        "DBS06",
        "copies for a day",
        DATABASE,
        "BackupRetentionPeriod: 7",
        "BackupRetentionPeriod: 1",
    ),
    Mutation(
        "DBS07",
        "upgrades by itself",
        DATABASE,
        "AutoMinorVersionUpgrade: false",
        "AutoMinorVersionUpgrade: true",
    ),
    Mutation(
        "DBS08",
        "a public database",
        DATABASE,
        "PubliclyAccessible: false",
        "PubliclyAccessible: true",
    ),
    Mutation(
        "DBS09",
        "a bare 8.0",
        ROOT,
        "Default: 8.0.mysql_aurora.3.10.6",
        'Default: "8.0"',
    ),
    Mutation(
        "DBS09",
        "8.4 in a family of 8.0",
        ROOT,
        "Default: 8.0.mysql_aurora.3.10.6",
        "Default: 8.4.mysql_aurora.8.4.8",
        last=True,
    ),
    Mutation(
        "DBS10",
        "prod without protection",
        PROD,
        '"DeletionProtection": "true"',
        '"DeletionProtection": "false"',
    ),
    Mutation(
        "DBS11",
        "a certificate of another authority",
        DATABASE,
        "CACertificateIdentifier: rds-ca-rsa2048-g1",
        "CACertificateIdentifier: rds-ca-ecc384-g1",
    ),
    Mutation(
        "DBS12",
        "two instances at once",
        DATABASE,
        "    DependsOn: GreenWriter  # the first member becomes the writer\n",
        "",
    ),
    Mutation(
        "SEC07",
        "rotated passwords with other characters",
        DATABASE,
        "ExcludeCharacters: *characters",
        "ExcludeCharacters: '@'",
    ),
    Mutation(
        "SEC08",
        "both sides rotated on one day",
        DATABASE,
        "cron(0 4 8,22 * ? *)",
        "cron(0 4 1,16 * ? *)",
    ),
    Mutation(
        "SEC09",
        "two users in turn without a master",
        SECURITY,
        '"ssl": true, "masterarn": "${GreenMasterSecret}"',
        '"ssl": true',
    ),
    Mutation(
        "KEY01",
        "rows on their way with AWS's own key",
        "infra/dms.yaml",
        "      KmsKeyId: !Ref DmsKeyArn\n",
        "",
    ),
    Mutation(
        "KEY01",
        "a cluster that is not encrypted",
        DATABASE,
        "StorageEncrypted: true",
        "StorageEncrypted: false",
    ),
    Mutation(
        "KEY01",
        "a topic with AWS's own key",
        "infra/monitoring.yaml",
        "KmsMasterKeyId: !Ref MessagingKeyArn",
        "KmsMasterKeyId: alias/aws/sns",
    ),
    Mutation(
        "KEY02",
        "a key for ever",
        SECURITY,
        "EnableKeyRotation: true",
        "EnableKeyRotation: false",
    ),
    Mutation(
        "KEY03",
        "a key of logs without CloudWatch Logs",
        SECURITY,
        'Service: !Sub "logs.${AWS::Region}.${AWS::URLSuffix}"',
        'Service: !Sub "glue.${AWS::URLSuffix}"',
    ),
    Mutation(
        "KEY03",
        "a key of logs for any account's groups",
        SECURITY,
        '"kms:EncryptionContext:aws:logs:arn"',
        '"kms:EncryptionContext:aws:other"',
    ),
    Mutation(
        "KEY04",
        "a key of messages without CloudWatch",
        SECURITY,
        "Principal: {Service: cloudwatch.amazonaws.com}",
        "Principal: {Service: glue.amazonaws.com}",
    ),
    Mutation(
        "KEY04",
        "a key of messages without events",
        SECURITY,
        "Principal: {Service: events.amazonaws.com}",
        "Principal: {Service: glue.amazonaws.com}",
    ),
    Mutation(
        "KEY05",
        "a key that any account's topics may use",
        SECURITY,
        """          - Sid: TopicDelivers
            Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: [kms:Decrypt, kms:GenerateDataKey]
            Resource: "*"
            Condition: *here
""",
        """          - Sid: TopicDelivers
            Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: [kms:Decrypt, kms:GenerateDataKey]
            Resource: "*"
""",
    ),
    Mutation(
        "BAK01",
        "one database without copies",
        BACKUP,
        "Resources: [!Ref BlueClusterArn, !Ref GreenClusterArn]",
        "Resources: [!Ref BlueClusterArn, !Sub '${GreenClusterArn}']",
        also=(
            (
                ROOT,
                "GreenClusterArn: !GetAtt Database.Outputs.GreenClusterArn",
                "GreenClusterArn: !GetAtt Database.Outputs.BlueClusterArn",
            ),
            (
                ROOT,
                "  VaultName:\n",
                "  GreenClusterArn:\n    Description: Green.\n"
                "    Value: !GetAtt Database.Outputs.GreenClusterArn\n  VaultName:\n",
            ),
        ),
    ),
    Mutation(
        "BAK02",
        "copies for a month",
        BACKUP,
        "DeleteAfterDays: 7",
        "DeleteAfterDays: 30",
    ),
    Mutation(
        "BAK03",
        "a role without the databases' key",
        BACKUP,
        "                Resource: !Ref DataKeyArn",
        "                Resource: !Sub arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/another",
        also=(
            (
                BACKUP,
                "                Resource: !Ref DataKeyArn",
                "                Resource: !Sub arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/another",
            ),
        ),
    ),
    Mutation(
        "BAK04",
        "a vault without a lock",
        BACKUP,
        "      LockConfiguration: {MinRetentionDays: 7, MaxRetentionDays: 35}\n",
        "",
    ),
    Mutation(
        "LOG01",
        "prod keeps logs for a week",
        PROD,
        '"LogRetentionDays": "365"',
        '"LogRetentionDays": "7"',
    ),
    Mutation(
        "LOG03",
        "a log that nobody declares",
        DATABASE,
        "/aws/rds/cluster/${Environment}-blue/slowquery",
        "/aws/rds/cluster/${Environment}-blue/slow",
    ),
    Mutation(
        "LOG04",
        "a cluster before its log groups",
        DATABASE,
        "DependsOn: [BlueAuditLogs, BlueErrorLogs, BlueSlowqueryLogs]",
        "DependsOn: [BlueAuditLogs]",
    ),
    Mutation(
        "USD02",
        "a class without a price",
        DEV,
        "db.t4g.medium",
        "db.x2g.16xlarge",
    ),
)
