"""The published JSON Schemas are those of the models, and accept what an editor's YAML parser makes of the files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from groupform_schemas import json_schemas
from groupform_schemas.__main__ import main, stale

ROOT = Path(__file__).parent.parent.parent
PUBLISHED = ROOT / "schemas" / "json"
FILES = sorted((ROOT / "examples").rglob("*.yaml")) + sorted((ROOT.parent / "shared" / "reference").rglob("*.yaml"))


def _guessed(node: Any) -> Any:
    """What a YAML 1.2 parser hands to a JSON Schema validator: its guesses, dates as the text they were."""
    if isinstance(node, dict):
        return {str(key): _guessed(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_guessed(each) for each in node]
    return node.isoformat() if isinstance(node, date) else node


def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((PUBLISHED / name).read_text(encoding="utf-8")))


def _wrong(name: str, text: str) -> list[str]:
    return [each.json_path for each in _validator(name).iter_errors(_guessed(YAML(typ="safe").load(text)))]


def test_the_published_schemas_are_not_stale() -> None:
    assert stale(PUBLISHED) == (), "run `make schemas`"
    assert sorted(each.name for each in PUBLISHED.glob("*.json") if each.name in json_schemas()) == sorted(
        json_schemas()
    )


def test_a_stale_schema_is_noticed_and_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path)]) == 0
    assert main(["--folder", str(tmp_path), "--check"]) == 0
    (tmp_path / "community.json").write_text("{}", encoding="utf-8")
    assert main(["--folder", str(tmp_path), "--check"]) == 1
    assert "community.json" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(json_schemas()))
def test_a_published_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(json_schemas()[name])


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT.parent)))
def test_an_editor_finds_nothing_wrong(file: Path) -> None:
    name = "groupform.json" if file.name == "groupform.yaml" else "community.json"
    assert _wrong(name, file.read_text(encoding="utf-8")) == []


def _fields(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if node.get("type") == "object" and isinstance(node.get("properties"), dict):
            yield from node["properties"].items()
        for each in node.values():
            yield from _fields(each)
    elif isinstance(node, list):
        for each in node:
            yield from _fields(each)


@pytest.mark.parametrize("name", sorted(json_schemas()))
def test_every_field_says_what_it_is(name: str) -> None:
    schema = json_schemas()[name]
    fields = list(_fields(schema))
    assert len(fields) > 20
    for key, field in fields:
        target = schema["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
        assert field.get("description") or target.get("description"), key


MINIMAL = """
community: club
title: 2026
timezone: Asia/Shanghai
team: {owner: lead}
entry: {door: link}
groups: {lobby: {title: no, default: true}}
"""


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ("", None),
        ("runs: {from: 2026-12-05, until: 2026-12-06, then: dissolve}", None),
        ("segments: {region: {sh: {title: 上海, previously: [shh]}, bj: 北京}}", None),
        ("health: [{metric: m, per: group, below: 5}]", None),
        ("notice: {}", "$.notice"),
        ("notice: {file: a.md, parts: [topic]}", "$.notice"),
        ("rules: {R: {title: a, text: b}}", "$.rules"),
        ("avatar:", "$.avatar"),
        ("tiers: [{key: a, title: A, color: gold}]", "$.tiers[0].color"),
        ("sending: {quiet_hours: 22-8}", "$.sending.quiet_hours"),
        ("colour: red", "$"),
    ],
)
def test_an_editor_marks_what_the_tool_would_refuse(more: str, path: str | None) -> None:
    assert _wrong("community.json", MINIMAL + more) == ([] if path is None else [path])
