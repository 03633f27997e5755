"""What is typed wrongly is said in words, in the reader's language, with exit code 1, and never as a traceback."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.line import WECHAT, groupform, write_project
from groupform.commands import app, ending
from groupform.commands.ending import exit_code, redact

BARE = [sys.executable, "-m", "groupform"]


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["plam"], "command-unknown-near", "plan"),
        (["xyzzy"], "command-unknown", "--help"),
        (["steps", "lst"], "command-unknown-near", "list"),
        (["plan", "--fromat", "json"], "option-unknown", "--fromat"),
        (["plan", "--format", "xml"], "option-choice", "text, json, markdown, html, svg"),
        (["state", "show"], "argument-missing", "ADDRESS"),
        (["plan", "--out"], "option-needs-value", "--out"),
        (["plan", "extra"], "argument-unexpected", "extra"),
        (["sandbox", "up", "--port", "many"], "option-value", "--port"),
        (["plan"], "project-not-found", "groupform init"),
        (["apply", "--max-wait", "soon"], "time-wrong", "10m"),
        (["apply", "nowhere.json"], "plan-file-missing", "nowhere.json"),
        (["schema", "comunity"], "schema-unknown-near", "community.json"),
    ],
)
def test_wrong_command_lines(tmp_path: Path, argv: list[str], code: str, words: str) -> None:
    said = groupform(tmp_path, *argv)
    assert said.code == 1
    assert code in said.err
    assert words in said.err
    assert "Traceback" not in said.err
    chinese = groupform(tmp_path, *argv, environ={"GROUPFORM_LANG": "zh-CN"})
    assert chinese.code == 1
    assert "错误" in chinese.err


def test_help_is_in_both_languages_and_needs_no_project(tmp_path: Path) -> None:
    english = groupform(tmp_path, "plan", "--help")
    chinese = groupform(tmp_path, "plan", "--help", environ={"GROUPFORM_LANG": "zh-CN"})
    assert english.code == chinese.code == 0
    assert "Show what would change" in english.out
    assert "显示会有哪些改动" in chinese.out
    assert all(len(each) < 120 for each in (english.out + chinese.out).splitlines())


def test_every_page_of_help_can_be_shown(tmp_path: Path) -> None:
    def look(path: list[str], table: object) -> None:
        assert isinstance(table, dict)
        for name, place in table.items():
            said = groupform(tmp_path, *path, name, "--help")
            assert said.code == 0
            assert "help-" not in said.out, said.out
            if isinstance(place, dict):
                look([*path, name], place)

    look([], dict(app.VERBS))


def test_a_group_without_a_verb_shows_its_help(tmp_path: Path) -> None:
    said = groupform(tmp_path, "steps")
    assert said.code == 0
    assert "reopen" in said.out


def test_the_project_is_found_upwards_and_can_be_named(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    below = project / "a" / "b"
    below.mkdir(parents=True)
    assert groupform(below, "validate").code == 0
    assert groupform(tmp_path, "validate", "-C", "project").code == 0
    assert groupform(tmp_path, "-C", "project", "validate").code == 0
    assert groupform(tmp_path, "validate", "-C", str(project / "groupform.yaml")).code == 0
    assert groupform(tmp_path, "validate", "-C", "elsewhere").code == 1


@pytest.mark.parametrize(
    ("codes", "one"), [([], 0), ([0, 0], 0), ([2, 3], 2), ([3, 4], 4), ([4, 1, 2], 1), ([3], 3), ([1, 130], 130)]
)
def test_precedence_of_exit_codes(codes: list[int], one: int) -> None:
    assert exit_code(codes) == one


def test_a_surprise_is_called_a_bug_and_its_log_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write_project(tmp_path)

    def broken(*_: object) -> None:
        raise RuntimeError("went wrong with token=syt_abcdefgh and hunter2hunter2")

    monkeypatch.setattr("groupform.commands.projects.validate_project", broken)
    said = groupform(project, "validate", environ={"MATRIX_ACCESS_TOKEN": "hunter2hunter2"})
    assert said.code == 1
    assert "bug" in said.err
    assert "Traceback" not in said.err
    (log,) = (project / ".groupform").glob("bug-*.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    text = log.read_text(encoding="utf-8")
    assert "RuntimeError" in text
    assert "syt_abcdefgh" not in text
    assert "hunter2" not in text


def test_a_log_that_cannot_be_written_is_no_second_surprise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ending, "write_private_log", full)
    monkeypatch.setattr("groupform.commands.projects.validate_project", lambda *_: 1 / 0)
    said = groupform(write_project(tmp_path), "validate")
    assert said.code == 1
    assert "bug-without-log" in said.err


@pytest.mark.parametrize(
    "text",
    ["Authorization: Bearer abcdefghij", "access_token='abcdefghij'", '"password": "abcdefghij"', "secret=abcdefghij"],
)
def test_what_follows_a_secret_word_is_redacted(text: str) -> None:
    assert "abcdefghij" not in redact(text, [])


def shell(argv: list[str], folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "GROUPFORM_LANG": "en", **environ}
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_version_imports_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    probe = (
        "import sys; sys.argv = ['groupform', '--version']\n"
        "from groupform.entry import run\n"
        "code = run(['--version'])\n"
        "heavy = {'rich', 'pydantic', 'httpx', 'anyio', 'yaml', 'ruamel'} & set(sys.modules)\n"
        "print(code, sorted(heavy))\n"
    )
    said = shell([sys.executable, "-c", probe], tmp_path)
    assert said.stdout.splitlines() == ["groupform 0.1.0", "0 []"]


def test_the_reader_may_go_away(tmp_path: Path) -> None:
    write_project(tmp_path)
    command = f"{sys.executable} -m groupform schema community | head -1"
    said = shell(["bash", "-c", command], tmp_path)
    assert said.stdout.strip() == "{"
    assert said.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "gb18030", "latin-1"])
def test_streams_that_cannot_show_everything_are_written_to_all_the_same(tmp_path: Path, encoding: str) -> None:
    write_project(tmp_path)
    env = {**os.environ, "PYTHONIOENCODING": encoding, "GROUPFORM_LANG": "zh-CN"}
    said = subprocess.run([*BARE, "plan"], cwd=tmp_path, env=env, capture_output=True, timeout=60, check=False)
    assert said.returncode == 0
    assert b"Traceback" not in said.stderr


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)),
    "not yaml": b"a: [b\n c: }",
    "a list": b"- 1\n- 2\n",
    "tabs": b"groupform: 1\n\tcommunities: []\n",
    "wrong types": b"groupform: {}\ncommunities: 7\ndeployments: [a]\npeople: x\n",
    "deep": b"a: " + b"[" * 5000,
    "half a character": "groupform: 宠".encode()[:-1],
    "bomb": b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ngroupform: *c\n",
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("command", ["validate", "plan", "coverage", "doctor", "steps list", "state list"])
def test_no_command_shows_a_traceback_for_bad_files(tmp_path: Path, kind: str, command: str) -> None:
    (tmp_path / "groupform.yaml").write_bytes(BROKEN[kind])
    said = groupform(tmp_path, *command.split())
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "bug" not in said.err, said.err


def test_as_a_process_bad_input_ends_with_words(tmp_path: Path) -> None:
    (tmp_path / "groupform.yaml").mkdir()
    for argv in (["validate"], ["plan", "--out", "/proc/nope/plan.json"], ["show", "x"], ["nonsense"]):
        said = shell([*BARE, *argv], tmp_path)
        assert said.returncode == 1
        assert said.stderr.strip()
        assert "Traceback" not in said.stderr


def test_a_platform_whose_package_is_broken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    broken = EntryPoint("wechat", "groupform.nowhere:provider", "groupform.providers")
    monkeypatch.setattr("groupform.commands.platforms.entry_points", lambda group: [broken])
    said = groupform(write_project(tmp_path), "plan")
    assert said.code == 1
    assert "provider-broken" in said.err


def test_an_absent_platform_fails_only_when_it_is_asked_for(tmp_path: Path) -> None:
    project = WECHAT.replace("deployments:\n", "deployments:\n  club-far: {community: club, connection: far}\n")
    project = project.replace("connections:\n", "connections:\n  far: {platform: discord, guild_id: x}\n")
    project = project.replace("{wechat: linyi}", "{wechat: linyi, discord: x}")
    write_project(tmp_path, project)
    whole, named = groupform(tmp_path, "plan"), groupform(tmp_path, "plan", "-d", "club-far")
    assert whole.code == 0
    assert "discord" in whole.err
    assert named.code == 1
    assert "provider-not-installed" in named.err
    assert groupform(tmp_path, "plan", "-d", "club-chat").err == ""


def test_an_unknown_deployment_is_answered_with_the_one_that_was_meant(tmp_path: Path) -> None:
    said = groupform(write_project(tmp_path), "plan", "-d", "club-chta")
    assert said.code == 1
    assert "club-chat" in said.err


WORDS = [
    *app.VERBS,
    "list",
    "done",
    "--env",
    "--out",
    "-d",
    "x",
    "--yes",
    "--format",
    "json",
    "p.json",
    "",
    "é",
    "\0",
    "-",
    "--",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([each for each in WORDS if each not in ("demo", "sandbox")]), max_size=5))
def test_no_command_line_at_all_ends_in_a_surprise(tmp_path: Path, argv: list[str]) -> None:
    said = groupform(write_project(tmp_path), *argv)
    assert said.code in (0, 1, 2, 3)
    assert "This is a bug" not in said.err, said.err


def test_a_missing_secret_is_a_note_when_validating_and_any_other_missing_variable_an_error(tmp_path: Path) -> None:
    write_project(tmp_path, WECHAT)
    file = tmp_path / "groupform.yaml"
    text = file.read_text(encoding="utf-8")
    secret = "connections:\n  home: {platform: matrix, homeserver: http://127.0.0.1:1, access_token: '${env:NO_TOKEN}'}"
    file.write_text(text.replace("connections:", secret, 1), encoding="utf-8")
    said = groupform(tmp_path, "validate")
    assert said.code == 0
    assert "NO_TOKEN" in said.err
    file.write_text(file.read_text(encoding="utf-8").replace("http://127.0.0.1:1", "'${env:NO_SERVER}'"), "utf-8")
    said = groupform(tmp_path, "validate")
    assert said.code == 1
    assert "variable-missing" in said.err
    assert "NO_SERVER" in said.err
