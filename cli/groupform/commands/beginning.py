"""Owns what a new project consists of: its files from templates, and the refusal to write over anybody's work."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from groupform.commands.run import PROJECT_FILE, WORK_FOLDER
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.messages import Catalogue

_TEMPLATES = Path(__file__).parent / "templates"
_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
SCHEMAS = ".schemas"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the new project is called, and in which language it is written."""

    key: str
    title: str
    statement: str
    language: str

    @classmethod
    def of(cls, folder: Path, key: str | None, title: str | None, words: Catalogue) -> Self:
        """A wish from what was given; the folder's name stands in for a key. Raises Refused `init-key-wrong`."""
        if key is not None and _KEY.fullmatch(key) is None:
            raise Refused([Diagnostic("init-key-wrong", params={"key": key})])
        stem = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
        called = " ".join((title or words.text("init-title")).split())
        return cls(key or stem or "community", called, words.text("init-statement"), words.lang)


def write_project(folder: Path, wish: Wish) -> list[Path]:
    """Writes the project and returns its files, relative to `folder`. Raises Refused where a file stands already."""
    files = {
        Path(PROJECT_FILE): _filled(wish, "groupform.yaml"),
        Path("communities") / f"{wish.key}.yaml": _filled(wish, "community.yaml"),
    }
    if not (folder / ".gitignore").exists():
        files[Path(".gitignore")] = f"{WORK_FOLDER}/\n"
    standing = [each for each in files if (folder / each).exists()]
    if standing:
        names = ", ".join(map(str, standing))
        raise Refused([Diagnostic("init-would-overwrite", params={"folder": str(folder), "files": names})])
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    _ignore(folder)
    return [*files, *write_schemas(folder)]


def write_schemas(folder: Path) -> list[Path]:
    """Writes what the files' first lines name, so that an editor completes and checks them; returns the files."""
    from groupform_schemas.published import json_schemas

    written = []
    for name, content in json_schemas().items():
        file = Path(SCHEMAS) / name
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(file)
    return written


def _filled(wish: Wish, name: str) -> str:
    text = (_TEMPLATES / wish.language / name).read_text(encoding="utf-8")
    # A title may hold anything a person types; in double quotes JSON's escapes are YAML's.
    words = {
        "key": wish.key,
        "title": json.dumps(wish.title, ensure_ascii=False),
        "statement": json.dumps(wish.statement, ensure_ascii=False),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: words[found[1]], text)


def _ignore(folder: Path) -> None:
    """Adds our folder to a .gitignore that was there before: it holds the state and, in a sandbox, tokens."""
    file = folder / ".gitignore"
    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    if not any(each.strip().strip("/") == WORK_FOLDER for each in text.splitlines()):
        gap = "" if not text or text.endswith("\n") else "\n"
        file.write_text(f"{text}{gap}{WORK_FOLDER}/\n", encoding="utf-8", errors="surrogateescape")
