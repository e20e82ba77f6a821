from __future__ import annotations

import re

import pytest
import yaml

from shifter.core.plan import parse_plan
from template_checks.profiles import rendered
from template_checks.render import Unrenderable, render
from template_checks.source import ROOT, Sources, Unreadable
from template_checks.tree import named_in
from tests.template_checks.break_them import whole

CHILD = """
Parameters:
  Count: {Type: Number, Default: 1}
  Names: {Type: CommaDelimitedList}
Conditions:
  Many: !Not [!Equals [!Ref Count, "1"]]
  ManyNamed: !And [!Condition Many, !Or [!Equals [!Select [0, !Ref Names], a]]]
Mappings:
  Sizes: {large: {class: xl}}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub
        - ${Prefix}-${AWS::Region}-${!Literal}-${Count}
        - Prefix: !Join ["-", !Ref Names]
      Class: !FindInMap [Sizes, large, class]
      Zone: !Select [1, !GetAZs ""]
      Gone: !Ref AWS::NoValue
      Topic: !If [ManyNamed, !GetAtt Topic.TopicName, none]
  Topic:
    Type: AWS::SNS::Topic
    Condition: Many
Outputs:
  Arn: {Value: !GetAtt Queue.Arn}
  Topic: {Condition: Many, Value: !Ref Topic}
"""
PARENT = """
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: infra/child.yaml
      Parameters: {Names: "a,b", Count: COUNT}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Sub "${Child.Outputs.Arn}/x"]
      Topic: !GetAtt Child.Outputs.OUTPUT
"""


def _sources(*, count: str = "2", output: str = "Topic", child: str = CHILD) -> Sources:
    parent = PARENT.replace("COUNT", count).replace("OUTPUT", output)
    return Sources({"template.yaml": parent, "infra/child.yaml": child})


def test_functions_are_computed_and_stacks_see_through_each_other() -> None:
    tree = render(_sources(), {}, "dev")

    assert {
        "QueueName": "a-b-us-east-1-${Literal}-2",
        "Class": "xl",
        "Zone": "us-east-1b",
        "Topic": "${Child/Topic.TopicName}",
    } == tree.stacks["Child"].resources["Queue"].properties
    assert {"Queues": ["${Child/Queue.Arn}/x"], "Topic": "${Child/Topic}"} == (
        tree.stacks["Root"].resources["Policy"].properties
    )
    assert tree.find("${Child/Queue.Arn}/x") is tree.named("Child", "Queue")


def test_a_symbol_is_named_however_deep_it_lies() -> None:
    value = {"a": ["x ${Child/Queue.Arn} y ${Child/Topic}", 1]}

    assert {"Child/Queue", "Child/Topic"} == named_in(value)


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        (_sources(count="1"), "Root: Child has no output Topic"),
        (_sources(output="Nothing"), "Root: Child has no output Nothing"),
        (
            _sources(child=CHILD.replace("!Ref Topic}", "!Ref Topics}")),
            "Child: there is nothing named Topics",
        ),
        (
            _sources(child=CHILD.replace("  Count:", "  Counts:")),
            "Child: unknown parameters ['Count'], missing []",
        ),
        (
            _sources(
                count="1", output="Arn", child=CHILD.replace("[ManyNamed", "[All")
            ).with_text("infra/child.yaml", CHILD.replace("Condition: Many,", "")),
            "Child: Topic is not deployed in this profile",
        ),
        (
            _sources().with_text("infra/child.yaml", None),
            "Child: there is no file infra/child.yaml",
        ),
    ],
)
def test_what_aws_would_refuse_is_refused(sources: Sources, sentence: str) -> None:
    with pytest.raises(Unrenderable, match=re.escape(sentence)):
        render(sources, {}, "dev")


def test_stacks_that_wait_for_each_other_are_refused() -> None:
    parent = """
Resources:
  One:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: one.yaml
      Parameters: {Name: !GetAtt Two.Outputs.Name}
  Two:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: one.yaml
      Parameters: {Name: !GetAtt One.Outputs.Name}
"""
    child = "Parameters: {Name: {Type: String}}\nOutputs: {Name: {Value: !Ref Name}}\n"

    with pytest.raises(Unrenderable, match="a cycle, Two -> One -> Two"):
        render(Sources({"template.yaml": parent, "one.yaml": child}), {}, "dev")


def test_text_that_is_no_template_is_refused() -> None:
    with pytest.raises(Unreadable, match="x is not a template"):
        Sources({"x": "just text"}).template("x")


def test_every_alarm_of_the_shipped_plan_is_one_of_the_stacks() -> None:
    text = (ROOT / "examples/plan.yaml").read_text(encoding="utf-8")
    plan = parse_plan(yaml.safe_load(text))
    tree = rendered(whole(), "prod")
    known = {
        alarm.get("AlarmName")
        for alarm in tree.resources(
            "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
        )
    }
    wanted = {gate.alarm for gate in plan.gates if gate.kind == "alarm"}

    assert wanted
    assert set() == wanted - known
