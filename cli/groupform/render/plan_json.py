"""Owns the plan as JSON text: the same for `--format json` and for a saved plan file."""

from __future__ import annotations

import json

from groupform.engine.plan import Plan


def plan_json(plan: Plan) -> str:
    """The plan as JSON, readable, UTF-8 as it is, ending in a line feed."""
    return json.dumps(plan.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
