"""Fills `${env:NAME}`, `${env:NAME:-default}` and `${file:path}` in settings, and keeps secrets out of sight."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groupform.config.files import Unreadable, read_regular

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_ENV = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_SECRET = re.compile(r"token|secret|passw|pwd|credential|private[_-]?key|(^|[_-])key([_-]|$)|apikey|cookie|signature")
# A key that tells one thing from another, and keeps no door shut.
_PUBLIC = re.compile(r"(^|[_-])(public[_-]?key|key[_-]?id)$")
_SECRET_FILE_LIMIT = 64 * 1024
_LOGIN = re.compile(r"://[^@\s]+@")
_EVERYBODY = stat.S_IROTH | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its references resolved, and what each reference was: `env:NAME` or `file:path`, by its value."""

    text: str
    sources: Mapping[str, str]

    @property
    def literal(self) -> bool:
        """True when nothing was filled in: the file itself holds this text."""
        return not self.sources


def looks_secret(key: str) -> bool:
    """Whether a setting of this name holds something that nobody else may read."""
    name = key.lower()
    return bool(_SECRET.search(name)) and not _PUBLIC.search(name)


def fill(text: str, environ: Mapping[str, str], folder: Path, *, secret: bool = False) -> Filled:
    """Resolves every reference of a text; `${file:…}` paths are relative to `folder`, or absolute.

    Raises Unreadable (code and words) for what is missing, unknown or unfinished, and for a file that everybody on this
    machine may read though it holds a secret: `secret` says that this setting is one.
    """
    sources: dict[str, str] = {}

    def value(hit: re.Match[str]) -> str:
        kind, _, rest = hit.group(1).partition(":")
        found = (
            _environment(hit.group(1), environ) if kind == "env" else _file(kind, rest, hit.group(1), folder, secret)
        )
        sources[f"env:{rest.partition(':-')[0]}" if kind == "env" else f"file:{rest}"] = found
        return found

    rest = _REFERENCE.sub("", text)
    if "${" in rest:
        raise Unreadable("variable-broken", text="${" + rest.partition("${")[2][:40])
    return Filled(_REFERENCE.sub(value, text), sources)


def _environment(written: str, environ: Mapping[str, str]) -> str:
    reference = _ENV.fullmatch(written)
    if reference is None:
        raise Unreadable("variable-broken", text="${" + written[:40] + "}")
    name, default = reference.groups()
    found = environ.get(name, "")
    if found:
        return found
    if default is None:
        raise Unreadable("variable-empty" if name in environ else "variable-missing", name=name)
    return default


def _file(kind: str, path: str, written: str, folder: Path, secret: bool) -> str:
    if kind != "file" or not path.strip():
        raise Unreadable("variable-broken", text="${" + written[:40] + "}")
    file = folder / path.strip()
    data = read_regular(file, path.strip(), limit=_SECRET_FILE_LIMIT)
    try:
        text = data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Unreadable("file-not-text", path=path.strip()) from None
    if not text:
        raise Unreadable("file-is-empty", path=path.strip())
    if (secret or looks_secret(path) or _LOGIN.search(text)) and _open_to_everybody(file):
        raise Unreadable("secret-file-open", path=path.strip(), file=str(file))
    return text


def _open_to_everybody(file: Path) -> bool:
    """Whether accounts that have nothing to do with it may read the file, or put another secret into it.

    Its group may: that is how containers are given theirs. Windows tells nothing of the kind in a mode.
    """
    return os.name != "nt" and bool(file.stat().st_mode & _EVERYBODY)
