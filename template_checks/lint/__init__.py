"""Rules that look at the text of one template, as a plugin for cfn-lint.

`.cfnlintrc.yaml` names this folder, so an editor shows them with cfn-lint's own.
"""
