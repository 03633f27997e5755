"""Ctrl-C while a platform keeps us waiting: the run ends at once, with 130, and says how to go on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from commands.line import WECHAT, write_project


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"], ["doctor"]])
def test_a_platform_that_never_answers_can_be_given_up(tmp_path: Path, command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        home = f"{{platform: matrix, homeserver: '{address}', access_token: '${{env:MATRIX_ACCESS_TOKEN}}'}}"
        project = WECHAT.replace("chat: {platform: wechat}", f"chat: {home}").replace("wechat: linyi", "matrix: '@l:x'")
        write_project(tmp_path, project)
        env = {**os.environ, "MATRIX_ACCESS_TOKEN": "syt_x", "GROUPFORM_LANG": "en", "NO_PROXY": "127.0.0.1"}
        argv = [sys.executable, "-m", "groupform", *command]
        running = subprocess.Popen(
            argv, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        connection, _ = server.accept()
        with connection:
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=30)
    assert running.returncode == 130, out + err
    assert "Interrupted" in err
    assert "Traceback" not in err
