"""The workflows' scripts, run as the runners do: against a real homeserver, a `gh` and a GitLab that remember."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from commands.matrix_desk import Desk
from examples.workflow_files import WORKFLOWS, script
from homeserver import Homeserver

pytestmark = pytest.mark.acceptance

DRIFT = WORKFLOWS / "github" / "groupform-drift.yml"
GITLAB = WORKFLOWS / "gitlab" / "groupform_gitlab.py"

GH = """\
#!{python}
import json, pathlib, sys
file = pathlib.Path({store!r})
known = json.loads(file.read_text()) if file.exists() else {{"calls": [], "issues": []}}
argv = sys.argv[1:]
def option(name): return argv[argv.index(name) + 1]
verb = " ".join(argv[:2])
known["calls"].append(verb)
if verb == "issue list":
    numbers = [n for n, each in enumerate(known["issues"], 1) if each["open"]]
    if numbers: print(numbers[0])
elif verb == "issue view": print(known["issues"][int(argv[2]) - 1]["body"])
elif verb == "issue create":
    known["issues"].append({{"open": True, "body": pathlib.Path(option("--body-file")).read_text()}})
elif verb == "issue edit": known["issues"][int(argv[2]) - 1]["body"] = pathlib.Path(option("--body-file")).read_text()
elif verb == "issue close": known["issues"][int(argv[2]) - 1]["open"] = False
elif verb != "label create": sys.exit(1)
file.write_text(json.dumps(known))
"""


def executable(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


@dataclass
class Night:
    """One runner, night after night: the two steps of the drift job, in the shell that GitHub uses."""

    desk: Desk
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tools = self.folder / "bin"
        tools.mkdir(parents=True)
        executable(tools / "gh", GH.format(python=sys.executable, store=str(self.folder / "gh.json")))
        executable(tools / "groupform", f'#!/bin/sh\nexec {sys.executable} -m groupform "$@"\n')
        path = f"{tools}:{os.environ['PATH']}"
        self.environ = {**os.environ, **self.desk.environ, "PATH": path, "GROUPFORM_LANG": "en", "CI": "true"}

    def run(self, **environ: str) -> tuple[int, list[str]]:
        """The exit code of the look, and what `gh` was asked to do."""
        output = self.folder / "output"
        output.write_text("", encoding="utf-8")
        before = len(self.known["calls"])
        self._step("Look", {"GITHUB_OUTPUT": str(output), **environ})
        code = output.read_text(encoding="utf-8").strip().removeprefix("code=")
        self._step("Keep one issue", {"CODE": code})
        return int(code), [each for each in self.known["calls"][before:] if each not in ("issue list", "issue view")]

    def _step(self, name: str, more: Mapping[str, str]) -> None:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script(DRIFT, name)],
            cwd=self.desk.home,
            env={**self.environ, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (name, done.stdout, done.stderr)

    @property
    def known(self) -> dict[str, Any]:
        file = self.folder / "gh.json"
        return dict(json.loads(file.read_text())) if file.exists() else {"calls": [], "issues": []}


def test_one_issue_is_opened_updated_and_closed(tmp_path: Path, fresh_homeserver: Homeserver) -> None:
    homeserver = fresh_homeserver  # on one that is shared there are rooms of other tests, which are drift
    desk = Desk(tmp_path / "club", homeserver).applied()
    night = Night(desk, tmp_path / "runner")
    room = desk.state()["bindings"][f"{desk.name}/room.lobby"]["id"]
    keeper, visitor = homeserver.operator, homeserver.person("visitor")
    assert night.run() == (0, [])
    keeper.set_state(room, "m.room.topic", {"topic": "有人手改过"})
    assert night.run() == (2, ["label create", "issue create"])
    assert "有人手改过" in night.known["issues"][0]["body"]
    keeper.invite(room, visitor.user_id)
    visitor.join(room)
    assert night.run() == (2, []), "the same drift, with somebody more inside, is no news"
    keeper.set_state(room, "m.room.topic", {"topic": "又改了"})
    assert night.run() == (2, ["issue edit"])
    assert "又改了" in night.known["issues"][0]["body"]
    assert night.run(MATRIX_HOMESERVER="http://127.0.0.1:9") == (4, []), "what is not known is not gone"
    keeper.set_state(room, "m.room.topic", {"topic": "先打个招呼"})
    assert night.run() == (0, ["issue close"])
    assert night.run() == (0, [])
    keeper.set_state(room, "m.room.topic", {"topic": "下一次"})
    assert night.run() == (2, ["label create", "issue create"])
    assert [each["open"] for each in night.known["issues"]] == [False, True]


@dataclass
class Gitlab:
    """As much of GitLab's API as the script speaks. `asked` are the writes."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    lists: dict[str, Any] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)


@contextmanager
def gitlab() -> Iterator[Gitlab]:
    there = Gitlab()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            there.tokens.add(self.headers.get("PRIVATE-TOKEN", ""))
            assert path.startswith("/api/v4/projects/group%2Fproject/") and query.get("per_page") in (None, ["100"])
            name = path.removeprefix("/api/v4/projects/group%2Fproject")
            if self.command != "GET":
                there.asked.append((self.command, name, json.loads(body)))
            found = there.lists.get(name, [])
            data = found if isinstance(found, bytes) else json.dumps(found if self.command == "GET" else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _any  # noqa: N815 - the library's names

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there.url = f"http://127.0.0.1:{server.server_address[1]}/api/v4"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def speak(there: Gitlab, folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    more = {"CI_API_V4_URL": there.url, "CI_PROJECT_ID": "group/project", "GROUPFORM_GITLAB_TOKEN": "glpat-x"}
    more |= {"CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": "abc"}
    return subprocess.run(
        [sys.executable, str(GITLAB), *argv],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_gitlab_keeps_one_issue(tmp_path: Path) -> None:
    page = tmp_path / "drift.md"
    known = {"iid": 3, "description": "<!-- groupform-drift aa -->\n\nold"}
    cases: list[tuple[str, str, list[dict[str, Any]], list[tuple[str, str]]]] = [
        ("", "0", [], []),
        ("<!-- groupform-drift aa -->\n\nnew", "2", [], [("POST", "/issues")]),
        ("<!-- groupform-drift aa -->\n\nnew", "2", [known], []),
        ("<!-- groupform-drift bb -->\n\nnew", "3", [known], [("PUT", "/issues/3")]),
        ("", "4", [known], []),
        ("", "1", [known], []),
        ("", "0", [known], [("PUT", "/issues/3")]),
    ]
    for text, code, issues, wanted in cases:
        page.write_text(text, encoding="utf-8")
        with gitlab() as there:
            there.lists["/issues"] = issues
            done = speak(there, tmp_path, "issue", "drift.md", code)
            assert done.returncode == 0, done.stderr
            assert [each[:2] for each in there.asked] == wanted, (text, code)
            assert there.tokens == {"glpat-x"}
            if text and wanted:
                assert there.asked[0][2]["description"] == text
            elif wanted:
                assert there.asked[0][2] == {"state_event": "close"}


def test_gitlab_keeps_one_comment_a_merge_request(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("## groupform plan\n", encoding="utf-8")
    with gitlab() as there:
        assert speak(there, tmp_path, "comment", "plan.md").returncode == 0
        there.lists["/merge_requests/7/notes"] = [{"id": 1, "body": "LGTM"}, {"id": 9, **there.asked[0][2]}]
        assert speak(there, tmp_path, "comment", "plan.md").returncode == 0
        assert [each[:2] for each in there.asked] == [
            ("POST", "/merge_requests/7/notes"),
            ("PUT", "/merge_requests/7/notes/9"),
        ]


def test_gitlab_applies_the_reviewed_plan_or_none(tmp_path: Path) -> None:
    with gitlab() as there:
        none = speak(there, tmp_path, "reviewed-plan", "plan.json")
        assert none.returncode == 1 and "no reviewed plan" in none.stderr
        assert not (tmp_path / "plan.json").exists()
        there.lists |= {
            "/repository/commits/abc/merge_requests": [{"iid": 7}],
            "/merge_requests/7/pipelines": [{"id": 31, "status": "failed"}, {"id": 30, "status": "success"}],
            "/pipelines/31/jobs": [{"id": 310, "name": "plan", "status": "success"}],
            "/pipelines/30/jobs": [{"id": 300, "name": "plan", "status": "success"}],
            "/jobs/300/artifacts/plan.json": b'{"reviewed": true}',
        }
        assert speak(there, tmp_path, "reviewed-plan", "plan.json").returncode == 0
        assert json.loads((tmp_path / "plan.json").read_text()) == {"reviewed": True}
        assert there.asked == []
