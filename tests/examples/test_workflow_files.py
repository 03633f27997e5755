"""The workflow files can be read, ask for no more than they need, and speak the command line that there is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from commands.line import NOW
from examples.workflow_files import FILES, GITHUB, WORKFLOWS, commands, read, scripts, steps
from groupform import __version__
from groupform.commands.app import program
from groupform.commands.run import Run
from groupform.commands.usage import UsageError
from groupform.config.diagnostics import Refused
from render.samples import Stream


def parse(words: list[str]) -> None:
    """What the program would make of these words, without doing it. Raises for what it does not know."""
    frame = Run({}, Path.cwd, None, Stream(), Stream(), lambda: NOW)
    command, name, context = program(), "groupform", None
    while True:
        context = command.make_context(name, list(words), parent=context, obj=frame)
        if not hasattr(command, "table"):
            return
        rest = [*context._protected_args, *context.args]
        name, command, words = command.resolve_command(context, rest)


LINES = [(file, words) for file in FILES for text in scripts(file) for words in commands(text)]


@pytest.mark.parametrize(("file", "words"), LINES, ids=[f"{file.name}: {' '.join(words)}" for file, words in LINES])
def test_a_command_line_is_one(file: Path, words: list[str]) -> None:
    parse(words)


@pytest.mark.parametrize(
    "words", [["plan", "--refresh-onyl"], ["drift", "--format", "html"], ["drifts"], ["apply", "a", "b"]]
)
def test_a_command_line_that_is_none_is_noticed(words: list[str]) -> None:
    with pytest.raises((Refused, UsageError)):
        parse(words)


def test_every_verb_that_a_pipeline_needs_is_there() -> None:
    by_place = {
        place: {words[0] for file, words in LINES if file.parent.name == place} for place in ("github", "gitlab")
    }
    assert by_place["github"] >= {"validate", "plan", "apply", "drift", "undo"}
    assert by_place["gitlab"] >= {"validate", "plan", "apply", "drift", "undo"}
    assert {words[0] for file, words in LINES if file.parent.name in ("systemd", "cron")} == {"drift", "calendar"}


def test_what_is_installed_is_this_version() -> None:
    pinned = {found for file in FILES for found in re.findall(r"groupform\[\w+\]==([\w.]+)", file.read_text("utf-8"))}
    assert pinned == {__version__}


@pytest.mark.parametrize("file", GITHUB, ids=lambda file: file.name)
def test_a_workflow_asks_for_what_it_needs_and_no_more(file: Path) -> None:
    content = read(file)
    may = content["permissions"]
    assert may["contents"] == "read"
    writes = {name for name, right in may.items() if right == "write"}
    assert writes == {"groupform-plan.yml": {"pull-requests"}, "groupform-drift.yml": {"issues"}}.get(file.name, set())
    for job in content["jobs"].values():
        assert int(job["timeout-minutes"]) > 0
        assert "permissions" not in job
    for step in steps(file):
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@(v\d+|[0-9a-f]{40})", step["uses"]), step["uses"]
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] == "false"
        # What somebody else may have written must never become part of a script.
        assert "${{" not in step.get("run", ""), step["run"]


def test_two_applies_queue_and_are_never_cut_off() -> None:
    groups: dict[str, dict[str, Any]] = {}
    for file in GITHUB:
        content = read(file)
        for name, job in content["jobs"].items():
            if any("groupform apply" in each.get("run", "") for each in job["steps"]):
                groups[f"{file.name} {name}"] = job.get("concurrency") or content.get("concurrency") or {}
    assert len(groups) == 2
    assert {each["group"] for each in groups.values()} == {"groupform-apply-production"}
    assert {each["cancel-in-progress"] for each in groups.values()} == {"false"}
    applying = [
        each for each in read(WORKFLOWS / "gitlab" / "gitlab-ci.yml").values() if "groupform apply" in str(each)
    ]
    assert {each["resource_group"] for each in applying} == {"groupform-production"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_secrets_come_from_the_platforms_store(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for name in re.findall(r"^\s+(\w*(?:TOKEN|KEY|SECRET)\w*):", text, re.MULTILINE):
        value = re.findall(rf"^\s+{name}: (.*)$", text, re.MULTILINE)
        assert all(re.fullmatch(r"\$\{\{ (secrets\.\w+|github\.token) \}\}", each) for each in value), (name, value)


@pytest.mark.parametrize("file", [each for each in FILES if each.suffix == ".yml"], ids=lambda file: file.name)
def test_a_shell_can_read_the_scripts(file: Path) -> None:
    for text in scripts(file):
        checked = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, (text, checked.stderr)
