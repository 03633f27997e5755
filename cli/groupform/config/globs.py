"""Finds the community files that a project names, by path or by pattern, inside the project's folder only."""

from __future__ import annotations

from pathlib import Path

from groupform.config.diagnostics import Diagnostics
from groupform.config.document import Document
from groupform.config.files import Inputs, Unreadable

_WILD = frozenset("*?[")
_MAX_FILES = 100_000


def expand_globs(document: Document, inputs: Inputs, found: Diagnostics, *, none_yet: bool = False) -> dict[Path, int]:
    """The files of `communities:` with their positions in it, each once; within a pattern in the order of their paths.

    Reads the raw nodes, so that the communities of a project file with a mistake elsewhere are checked in the same run;
    a list of the wrong shape yields nothing here, and its own finding from validation. With `none_yet` a pattern may
    match nothing.
    """
    node, whole = document.node(("communities",))
    if not whole or type(node.value) is not list:
        return {}
    paths: dict[Path, int] = {}
    for position, each in enumerate(node.value):
        if type(each.value) is not str or not each.value.strip():
            continue
        sign = next((sign for sign in "，、；" if sign in each.value), None)
        if sign is not None:
            at = document.source.text.index(sign, each.start)
            document.report_at(found, "fullwidth-comma", at, at + 1, character=sign, text=sign)
            continue
        try:
            for path in _matching(each.value.strip(), inputs):
                paths.setdefault(path, position)
        except Unreadable as refused:
            if none_yet and refused.code == "pattern-matches-nothing":
                continue
            document.report(found, refused.code, ("communities", position), **refused.params)
    return paths


def _matching(written: str, inputs: Inputs) -> list[Path]:
    if not _WILD & set(written):
        return [inputs.path(inputs.root, written)]
    if Path(written).is_absolute() or ".." in Path(written).parts:
        raise Unreadable("file-escapes", path=written)
    try:
        matches = [each for each in inputs.root.glob(written) if not _hidden(each.relative_to(inputs.root))]
        files = sorted(each for each in matches if not each.is_dir())
    except PermissionError:
        raise Unreadable("file-no-permission", path=written) from None
    except (ValueError, NotImplementedError, OSError):
        raise Unreadable("pattern-broken", path=written) from None
    if not files:
        raise Unreadable("pattern-matches-nothing", path=written)
    return [inputs.path(inputs.root, each.relative_to(inputs.root).as_posix()) for each in files[:_MAX_FILES]]


def _hidden(path: Path) -> bool:
    """Folders of tools (`.git`, `.groupform`) and editors' backups are nobody's communities."""
    return any(part.startswith(".") for part in path.parts)
