"""The rules of AWS Control Tower, which cfn-guard runs on what the templates render to.

form       a rendered tree as one template, in the forms that cfn-guard's rules can read
by_sam     what SAM makes of its own resources; runs where the SAM CLI is installed
pack       cfn-guard and the rules: where they are, and what they say
explained  what they say and we leave as it is, each with its reason
verdict    all of it together: what is found and not explained

`requirements/cfn-guard.txt` pins cfn-guard and the rules; make installs them in
.tools/cfn-guard.
"""
