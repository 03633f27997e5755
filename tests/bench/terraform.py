"""Measures terraform's plan without changes where it is installed: its built-in null resource, no platform asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio


def no_op_plan(folder: Path, count: int) -> Callable[[], Awaitable[None]] | None:
    """Applies `count` resources and gives what plans them again, a process of its own; None without terraform.

    `terraform_data` stands for `null_resource`, whose plugin would have to be fetched.
    """
    if shutil.which("terraform") is None:
        return None
    folder.mkdir(parents=True)
    declared = {"resource": {"terraform_data": {"null": {"count": count, "input": "x"}}}}
    (folder / "main.tf.json").write_text(json.dumps(declared), encoding="utf-8")

    def run(*words: str) -> None:
        environ = {**os.environ, "CHECKPOINT_DISABLE": "1"}
        command = ["terraform", *words, "-input=false"]
        subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True)

    run("init")
    run("apply", "-auto-approve")

    async def work() -> None:
        # With -detailed-exitcode anything but "no changes" would fail.
        await anyio.to_thread.run_sync(run, "plan", "-detailed-exitcode")

    return work
