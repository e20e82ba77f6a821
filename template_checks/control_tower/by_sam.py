"""What SAM makes of its own resources: a template on stdin, and without them on stdout.

This runs in .tools/sam, by the translator of the SAM CLI; that one holds pydantic back,
so it is no library of the checks.  This file imports nothing of ours.
"""

from __future__ import annotations

import json
import sys

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


def main() -> None:
    """Translate.  The translator needs a region for names, and calls nobody."""
    [region] = sys.argv[1:]
    session = boto3.Session(region_name=region)
    translator = Translator({}, Parser(), boto_session=session)
    json.dump(translator.translate(json.load(sys.stdin), {}), sys.stdout)


main()
