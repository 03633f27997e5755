"""People are told once of what is new, through a webhook that really answers; and nobody is told twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from commands.line import NOW, Said, groupform
from commands.stores_rig import PROJECT, edit, shops, well

SECRET = "5ecr3t-p4th"
NOTIFY = 'notify: {webhook: "${env:STEPS_WEBHOOK}", directory: wechat, page: "https://pages.example/{who}.html"}\n'


class Hook:
    """A server on this machine that takes messages, or answers as it is told to."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.status == 200:
                    outer.taken.append(json.loads(body))
                if outer.status:
                    self.send_response(outer.status)
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{SECRET}"


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shops(tmp_path, PROJECT + NOTIFY)


def notify(folder: Path, hook: Hook, *argv: str, now: datetime = NOW) -> Said:
    return groupform(folder, "steps", "notify", *argv, environ={"STEPS_WEBHOOK": hook.address}, now=now)


def test_each_is_told_once_and_again_only_of_what_is_new(folder: Path, hook: Hook) -> None:
    well(notify(folder, hook))
    assert [(each["who"], each["account"], each["count"]) for each in hook.taken] == [
        ("lead", "linyi", 3),
        ("mia", "mia", 9),
    ]
    assert "https://pages.example/mia.html" in hook.taken[1]["text"] and "3 WeChat groups" in hook.taken[1]["text"]
    again = well(notify(folder, hook))
    assert len(hook.taken) == 2 and "knows of everything" in again.out
    edit(folder, "title: 总台", "title: 大总台")
    well(notify(folder, hook))
    assert [each["who"] for each in hook.taken[2:]] == ["lead"]
    well(notify(folder, hook, "--again", "--who", "mia", now=NOW + timedelta(hours=1)))
    assert [each["who"] for each in hook.taken[3:]] == ["mia"]
    assert len({each["id"] for each in hook.taken}) == 4


def test_a_dry_run_sends_nothing_and_needs_no_secret(folder: Path, hook: Hook) -> None:
    said = well(groupform(folder, "steps", "notify", "--dry-run"))
    assert "米娅 (mia)" in said.out and hook.taken == []
    unset = groupform(folder, "steps", "notify")
    assert unset.code == 1 and "notify-webhook-unset" in unset.err


@pytest.mark.parametrize(("status", "code"), [(404, 1), (302, 1)])
def test_what_was_refused_is_sent_the_next_time(folder: Path, hook: Hook, status: int, code: int) -> None:
    hook.status = status
    said = notify(folder, hook)
    assert said.code == code and str(status) in said.err and SECRET not in said.err + said.out
    hook.status = 200
    well(notify(folder, hook))
    assert [each["who"] for each in hook.taken] == ["lead", "mia"]


@pytest.mark.parametrize("status", [500, 0])
def test_what_nobody_knows_the_fate_of_is_not_sent_twice(folder: Path, hook: Hook, status: int) -> None:
    hook.status = status
    said = notify(folder, hook)
    assert said.code == 4 and SECRET not in said.err + said.out
    hook.status = 200
    later = notify(folder, hook)
    assert hook.taken == [] and "--again" in later.err
    well(notify(folder, hook, "--again"))
    assert len(hook.taken) == 2


def test_nobody_there_means_nothing_was_sent(folder: Path, hook: Hook) -> None:
    address = f"http://127.0.0.1:1/{SECRET}"
    said = groupform(folder, "steps", "notify", environ={"STEPS_WEBHOOK": address})
    assert said.code == 1 and SECRET not in said.err
    well(notify(folder, hook))
    assert len(hook.taken) == 2


def test_the_address_is_a_secret_and_a_channel_must_be_there(tmp_path: Path) -> None:
    bare = shops(tmp_path / "bare")
    assert "notify-no-channel" in groupform(bare, "steps", "notify").err
    for text in (f"notify: {{webhook: 'https://hooks.example/{SECRET}'}}\n", "notify: {connection: nowhere}\n"):
        written = shops(tmp_path / "written", PROJECT + text)
        said = groupform(written, "validate")
        assert said.code == 1 and SECRET not in said.err + said.out
    assert groupform(shops(tmp_path / "wechat", PROJECT + "notify: {connection: chat}\n"), "steps", "notify").code == 1
