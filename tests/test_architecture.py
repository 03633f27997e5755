"""Holds the layout to its rules: which room may import which, how long a file may grow, what stands at the top."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cli" / "groupform"

# A room may import itself and what stands here. `commands` and `render` are on top: nobody imports them.
ALLOWED: dict[str, set[str]] = {
    "messages": set(),
    "when": set(),
    "config": {"messages", "when"},
    "compile": {"config"},
    "state": {"config", "compile", "http"},
    "http": {"config"},
    "engine": {"config", "compile", "state", "when"},
    "calendar": {"config", "compile", "engine", "state", "when"},
    "sandbox": {"config", "http"},
    "providers": {"config", "compile", "engine", "http", "state", "sandbox", "calendar"},
    "render": {"messages", "config", "compile", "engine", "state", "calendar", "when"},
    "commands": {
        *("messages", "config", "compile", "engine", "state", "http", "sandbox", "providers", "render"),
        *("calendar", "when"),
    },
}
ONLY_IN = {"typer": {"commands"}, "rich": {"render", "commands"}, "httpx": {"http", "providers", "sandbox", "state"}}
TOP_LEVEL = {"pyproject.toml", "README.md", "README.zh-CN.md", "cli", "schemas", "examples", "tests", "LICENSE"}
TOP_LEVEL |= {"CHANGELOG.md", "Makefile"}
CEILING = 400


def modules(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*.py") if "__pycache__" not in each.parts)


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            if node.module == "groupform":
                yield from (f"groupform.{each.name}" for each in node.names)
            else:
                yield node.module or ""


def room(file: Path) -> str:
    relative = file.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else ""


@pytest.mark.parametrize("file", modules(PACKAGE), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_one_way(file: Path) -> None:
    here = room(file)
    for name in imports(file):
        parts = name.split(".")
        if parts[0] in ONLY_IN and here:
            assert here in ONLY_IN[parts[0]], f"{here} imports {name}"
        if parts[0] != "groupform" or len(parts) < 2 or not (PACKAGE / parts[1]).is_dir() or not here:
            continue
        assert parts[1] == here or parts[1] in ALLOWED[here], f"{here} imports {name}"
        if here == "providers" and parts[1] == "providers":
            # `byhand` is no platform: it is what those without an API have in common.
            assert parts[2] in (file.relative_to(PACKAGE).parts[1], "byhand"), f"one provider imports another: {name}"


@pytest.mark.parametrize("file", modules(ROOT / "schemas"), ids=lambda file: file.name)
def test_the_language_imports_only_pydantic(file: Path) -> None:
    for name in imports(file):
        assert not name.startswith("groupform.") and name != "groupform", name
        assert name.split(".")[0] not in {"httpx", "typer", "rich", "yaml", "ruamel", "anyio"}, name


@pytest.mark.parametrize("file", modules(PACKAGE) + modules(ROOT / "schemas"), ids=lambda f: str(f.relative_to(ROOT)))
def test_no_file_has_two_jobs(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= CEILING
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module docstring says what this module owns"


def test_the_top_level_is_what_was_prescribed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tops = {each.split("/")[0] for each in listed.splitlines()}
    assert {each for each in tops if not each.startswith(".")} <= TOP_LEVEL


def test_the_engine_names_no_platform() -> None:
    for folder in ("engine", "compile", "state"):
        for file in modules(PACKAGE / folder):
            words = file.read_text(encoding="utf-8").lower()
            for platform in ("matrix", "synapse", "discord", "wecom", "telegram", "feishu", "wechat", "qq"):
                assert platform not in words, f"{file} names {platform}"
