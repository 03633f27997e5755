"""Owns the drift report as JSON text: one document, also where there is nothing to tell."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from groupform.engine.drift import Drift, Finding, Section
from groupform.render.terminal import Terminal

FORMAT_VERSION = "1.0"


def drift_json(terminal: Terminal, drift: Drift, exit_code: int, now: datetime) -> str:
    """The report, readable, UTF-8 as it is, ending in a line feed. `digest` is empty where there is nothing."""
    content = {
        "format_version": FORMAT_VERSION,
        "as_of": now.astimezone(UTC).isoformat(timespec="seconds"),
        "digest": drift.digest,
        "exit_code": exit_code,
        "unseen": list(drift.unseen),
        "sections": [_section(terminal, each) for each in drift.sections],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _section(terminal: Terminal, section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "platform": section.platform,
        "environment": section.environment or None,
        "findings": [_finding(terminal, each) for each in section.findings],
    }


def _finding(terminal: Terminal, finding: Finding) -> dict[str, Any]:
    reason = finding.reason
    params = {"label": finding.label, "who": "", **reason.params} if reason is not None else {}
    return {
        "kind": finding.kind.value,
        "address": finding.address,
        "type": finding.type,
        "label": finding.label,
        "people": finding.people,
        "attributes": [
            {"name": each.name, "applied": each.before, "observed": each.after} for each in finding.attributes
        ],
        "code": reason.code if reason is not None else None,
        "message": terminal.say(reason.code, **params) if reason is not None else None,
    }
