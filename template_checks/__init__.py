"""Checks of the CloudFormation templates, and what they cost, offline.

The templates are read, rendered for a profile, and looked at by rules: each one has an
identifier and a sentence on what goes wrong in AWS without it.

source    reads the templates
render    resolves them for one set of parameters, all stacks together
iam       what policies in a tree say, and what IAM knows of their actions
tree      what is rendered: stacks, resources, and ways to ask for them
profiles  the parameters of dev and prod, and made-up values for what only users know
rules     the rules, a file for each stack or concern
lint      those rules that look at text, as a plugin for cfn-lint
cost      the bill of a rendered tree
"""
