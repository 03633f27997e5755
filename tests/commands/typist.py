"""Somebody at a keyboard with a project of their own: files written and changed, commands run, plans read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.line import Said, groupform

Told = tuple[str, str, tuple[str, ...]]
"""A change in short: action, address, attributes."""


class Typist:
    """Runs commands in `folder`, each with `environ`."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder, self.environ = folder, environ

    def read(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text(text, encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        """Puts `new` in place of the first `old`, which must be there."""
        text = self.read(file)
        assert old in text, text
        self.write(file, text.replace(old, new, 1))

    def __call__(self, *argv: str, code: int | None = 0, **environ: str) -> Said:
        said = groupform(self.folder, *argv, environ={**self.environ, **environ})
        assert code is None or said.code == code, said.out + said.err
        return said

    def plan(self, deployment: str, *argv: str) -> dict[str, Any]:
        said = self("plan", "--format", "json", "-d", deployment, *argv, code=None)
        found: dict[str, Any] = json.loads(said.out)["deployments"][0]
        return found

    def changes(self, deployment: str) -> set[Told]:
        """What a plan would do. A conflict fails the test."""
        plan = self.plan(deployment)
        assert not plan["conflicts"], plan["conflicts"]
        return {
            (
                each["action"],
                each["address"].split("/", 1)[1],
                tuple(sorted(attribute["name"] for attribute in each["attributes"])),
            )
            for each in plan["changes"]
        }
