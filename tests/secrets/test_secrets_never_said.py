"""A token goes to the server it is for, and nowhere else: whatever the server answers, whichever command asks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.line import Said, groupform, write_project
from secrets_rig import CANARY, Answer, Parrot, closed_file, files_with, leaks_in, matrix_project, parrot

PAGE = "<html><body>You sent <b>%</b></body></html>"
ANSWERS = {
    "json": Answer(),
    "errcode": Answer(400, '{"errcode": "M_%", "error": "bad"}'),
    "nested": Answer(403, '{"errcode": "M_FORBIDDEN", "error": {"why": "%"}}'),
    "unauthorized": Answer(401, '{"errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised access token %"}'),
    "page": Answer(502, PAGE, "text/html"),
    "page as success": Answer(200, PAGE, "text/html"),
    "odd success": Answer(200, '{"user_id": "%"}'),
    "text": Answer(500, "token=% is no good", "text/plain"),
    "not found": Answer(404, '{"errcode": "M_NOT_FOUND", "error": "no %"}'),
    "redirect": Answer(302, "", headers=(("Location", "https://login.example/?token=%"),)),
    "proxy": Answer(407, PAGE, "text/html", (("Proxy-Authenticate", 'Basic realm="%"'),)),
    "content type": Answer(200, "x", "text/%"),
    "limited": Answer(429, '{"errcode": "M_LIMIT_EXCEEDED", "error": "%", "retry_after_ms": 99999999}'),
    "escaped": Answer(400, r'{"errcode": "M_UNKNOWN", "error": "%"}'),
}
COMMANDS = (
    ("validate",),
    ("plan",),
    ("plan", "--format", "json"),
    ("plan", "--format", "markdown"),
    ("plan", "--format", "svg"),
    ("plan", "--deep", "--out", "plan.json"),
    ("apply", "--yes"),
    ("destroy", "--yes"),
    ("doctor",),
    ("steps", "list"),
    ("coverage",),
    ("show",),
    ("state", "list"),
    ("recover",),
    ("unmanaged",),
    ("state", "rebuild", "club-home", "--yes"),
    ("state", "pull", "club-home"),
)


FEW = (("plan", "--format", "json", "--out", "plan.json"), ("doctor",))


@pytest.fixture
def bird() -> Iterator[Parrot]:
    with parrot() as made:
        yield made


def said_nothing(said: Said, folder: Path, *, apart_from: tuple[str, ...] = ()) -> None:
    assert leaks_in(said.out) == []
    assert leaks_in(said.err) == []
    assert files_with(folder, apart_from=apart_from) == []


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_command_repeats_what_a_server_gives_back(
    tmp_path: Path, bird: Parrot, answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bird.answer = lambda method, path: ANSWERS[answer]
    home = write_project(tmp_path / "home", matrix_project())
    environ = {"MATRIX_HOMESERVER": bird.url, "MATRIX_ACCESS_TOKEN": CANARY}
    # A server that fails is asked again and again, each time for some seconds; one answer is tried on every command.
    for command in COMMANDS if answer == "json" else FEW[: 1 if ANSWERS[answer].status >= 500 else 2]:
        said = groupform(home, *command, environ=environ)
        said_nothing(said, home)
        assert "Traceback" not in said.err, (command, said.err)
        assert "bug" not in said.err.split(), (command, said.err)
    assert CANARY in bird.heard, "the server never saw the token: this test would pass whatever happens"
    assert leaks_in(caplog.text) == []


@pytest.mark.parametrize("answer", ["json", "errcode", "redirect"])
def test_a_token_from_a_file_is_kept_as_well(tmp_path: Path, bird: Parrot, answer: str) -> None:
    bird.answer = lambda method, path: ANSWERS[answer]
    home = write_project(tmp_path / "home", matrix_project("${file:secret/token}"))
    (home / "secret").mkdir()
    closed_file(home / "secret" / "token", CANARY + "\n")
    for command in (("plan",), ("apply", "--yes"), ("doctor",), ("validate", "--format", "json")):
        said = groupform(home, *command, environ={"MATRIX_HOMESERVER": bird.url})
        said_nothing(said, home, apart_from=("token",))
    assert CANARY in bird.heard


@pytest.mark.parametrize(
    "address",
    [
        "http://operator:{canary}@127.0.0.1:9",
        "http://{canary}@127.0.0.1:9",
        "http://127.0.0.1:9/?access_token={canary}",
        "http://127.0.0.1:9/#{canary}",
        "ftp://operator:{canary}@127.0.0.1",
        "http://operator:{canary}@[broken",
        "//operator:{canary}@127.0.0.1",
        "operator:{canary}@127.0.0.1:9",
    ],
)
def test_a_password_inside_an_address_is_not_shown(tmp_path: Path, address: str) -> None:
    home = write_project(tmp_path / "home", matrix_project())
    environ = {"MATRIX_HOMESERVER": address.format(canary=CANARY), "MATRIX_ACCESS_TOKEN": "syt_other_token_0000"}
    for command in (("validate",), *FEW):
        said_nothing(groupform(home, *command, environ=environ), home)


@pytest.mark.parametrize(
    "written",
    [
        "home: {platform: matrix, homeserver: http://x, access_token: {canary}}",
        'home: {platform: matrix, homeserver: http://x, access_token: "{canary}"}',
        'home: {platform: matrix, homeserver: http://x, access_token: "{canary}}',
        "home: {platform: matrix, homeserver: http://x, access_token: {canary}, access_token: b}",
        "home: {platform: matrix, access_token: [{canary}]}",
        "home: {platform: 3, access_token: {canary}}",
        "home: {platfrom: matrix, access_token: {canary}}",
        "home: {platform: nowhere, access_token: {canary}}",
        "home: {platform: matrix, homeserver: http://x, access_token：{canary}}",
        "home: {platform: matrix, access_token: {canary}，homeserver: http://x}",
        "home: {platform: matrix, homeserver: http://me:{canary}@x, access_token: '${env:T}'}",
        "home: {platform: matrix, homeserver: http://x, access_token: '${env:T:-{canary}}'}",
        "home: {platform: matrix, homeserver: http://x, access_token: '${env:T}{canary}'}",
        "home: {platform: matrix, homeserver: http://x, access_token: '${envv:{canary}}'}",
        "home: {platform: matrix, homeserver: http://x, access_token: '${env:T:-{canary}'}",
        "home: {platform: matrix, homeserver: http://x, access_token: {canary}\n\thome2: x",
        "home:\n    platform: matrix\n    access_token: {canary}\n    access_token: {canary}",
        "home:\n    platform: matrix\n    access_token:\n      - {canary}",
        "home:\n    platform: matrix\n    access_token: {canary}\n   bad: 1",
    ],
)
def test_a_secret_that_somebody_wrote_into_a_file_is_not_read_out(tmp_path: Path, written: str) -> None:
    declared = written.replace("{canary}", CANARY)
    project = (
        "groupform: 1\ncommunities: [club.yaml]\nconnections:\n  "
        + declared
        + "\ndeployments:\n  club-home: {community: club, connection: home}\n"
    )
    home = write_project(tmp_path / "home", project)
    for command in (("validate",), ("validate", "--format", "json"), ("plan",), ("doctor",)):
        said = groupform(home, *command, environ={"T": "x"})
        assert said.code == 1
        said_nothing(said, home, apart_from=("groupform.yaml",))
