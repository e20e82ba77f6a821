"""The function that makes a new database ready: tables, users, rights, retention.

CloudFormation calls it for each side (infra/bootstrap.yaml).  A package of its own,
because it carries a database driver and knows the master user, which no function of a
cutover does.
"""
