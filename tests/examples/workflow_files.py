"""The workflow files to copy, taken apart: their jobs' scripts, and every `groupform` command line in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

WORKFLOWS = Path(__file__).parents[2] / "examples" / "workflows"
GITHUB = sorted((WORKFLOWS / "github").glob("*.yml"))
FILES = [*GITHUB, *sorted((WORKFLOWS / "gitlab").glob("*.yml")), *(WORKFLOWS / "systemd").iterdir()]
FILES += [*(WORKFLOWS / "cron").iterdir(), *(WORKFLOWS / "containers").iterdir()]
_ENDS = re.compile(r"&&|\|\||[;|\n]|(?<!\S)\d?>>?|\bthen\b|\belse\b|\bdo\b")


def read(file: Path) -> dict[Any, Any]:
    """A YAML file; `on` stays the word that GitHub reads."""
    return dict(yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))


def steps(file: Path) -> Iterator[dict[str, Any]]:
    """Every step of a GitHub workflow."""
    for job in read(file)["jobs"].values():
        yield from job["steps"]


def script(file: Path, name: str) -> str:
    """The script of one step of a GitHub workflow."""
    (found,) = {each["run"] for each in steps(file) if each.get("name") == name}
    return str(found)


def scripts(file: Path) -> Iterator[str]:
    """All that a shell is given to run by this file."""
    if file.parent.name == "github":
        yield from (each["run"] for each in steps(file) if "run" in each)
    elif file.parent.name == "gitlab":
        for job in read(file).values():
            if isinstance(job, dict):
                yield from (*job.get("before_script", ()), *job.get("script", ()))
    elif file.parent.name == "containers":
        for service in read(file)["services"].values():
            yield shlex.join(service["command"])
    elif file.suffix == ".service":
        yield from re.findall(r"^ExecStart=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    else:
        yield file.read_text(encoding="utf-8")


def commands(text: str) -> Iterator[list[str]]:
    """The `groupform` command lines of a shell script, as words without the program's name."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.lstrip().startswith("#"):
            continue
        for part in _ENDS.split(line):
            try:
                words = shlex.split(part)
            except ValueError:
                continue
            if words and words[0].rpartition("/")[2] == "groupform":
                yield words[1:]
