"""The published schema of a plan is the one the models say, and a real plan keeps to it."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from engine.planning_rig import binding, plan, resource
from groupform.engine.plan import FORMAT_VERSION, Plan
from groupform.engine.plan_schema import plan_schema
from groupform.engine.provider import Free

PUBLISHED = Path(__file__).parents[2] / "schemas" / "json" / "plan.json"


def test_the_published_schema_is_not_stale() -> None:
    """Write it anew with: groupform schema --write schemas/json"""
    assert PUBLISHED.read_text(encoding="utf-8") == json.dumps(plan_schema(), ensure_ascii=False, indent=2) + "\n"


def test_a_plan_keeps_to_it_and_reads_back() -> None:
    made = plan(
        [resource("room.a", {"name": "A", "powers": {"@a": 1}}), resource("made.p", {"text": "x"})],
        {"room.b": binding("room.b", {"name": "B"})},
        {"room.b": {"name": "B"}},
        probes={"room.a": Free(), "made.p": Free()},
    )
    whole = Plan(deployments=[made], digest="d")
    written = json.loads(whole.model_dump_json())
    Draft202012Validator.check_schema(plan_schema())
    Draft202012Validator(plan_schema()).validate(written)
    assert Plan.model_validate_json(json.dumps(written)) == whole
    assert written["format_version"] == FORMAT_VERSION
    assert list(Draft202012Validator(plan_schema()).iter_errors({**written, "deployments": 3}))


def test_a_later_minor_version_may_add() -> None:
    made = json.loads(Plan(deployments=[plan()]).model_dump_json())
    Draft202012Validator(plan_schema()).validate({**made, "added_later": 1})
