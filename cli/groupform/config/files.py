"""Reads the files a project names, from inside its folder only, and remembers their bytes for the project's digest."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from groupform.config.suggest import nearest

MAX_FILE_BYTES = 50 * 1024 * 1024


class Unreadable(Exception):  # noqa: N818 - caught where the path is written, which gives it its place
    """A file that cannot be used: the code of the finding and its words."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params: Mapping[str, Any] = params
        super().__init__(code)


class Inputs:
    """The files of one project. Each is read once; what could not be read is remembered as well."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[Path, bytes | Unreadable] = {}
        self._inside: dict[Path, bool] = {}

    def shown(self, path: Path) -> str:
        """A path as a user would type it from the project's folder."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return str(path)

    def named(self, folder: Path, written: str) -> bytes:
        """The bytes of a file that a document in `folder` names. Raises Unreadable."""
        return self.bytes_of(self.path(folder, written), written)

    def path(self, folder: Path, written: str) -> Path:
        """Where a written path leads. Raises Unreadable for one that leaves the project's folder, by `..` or a link."""
        if "\0" in written:
            raise Unreadable("file-missing", path=written.replace("\0", "\ufffd"))
        path = folder / written
        if Path(written).is_absolute() or not self._contains(path):
            raise Unreadable("file-escapes", path=written)
        return path

    def _contains(self, path: Path) -> bool:
        try:
            inside = self._inside.get(path.parent)
            if inside is None:
                inside = self._inside[path.parent] = path.parent.resolve().is_relative_to(self.root)
            plain = path.name != ".." and not path.is_symlink()
            return inside and (plain or path.resolve().is_relative_to(self.root))
        except (OSError, RuntimeError):  # a loop of links, a name too long: reading it says so
            return True

    def bytes_of(self, path: Path, written: str) -> bytes:
        """The bytes of a file by its real path. Raises Unreadable."""
        found = self._read.get(path)
        if found is None:
            try:
                found = read_regular(path, written)
            except Unreadable as refused:
                found = refused
            self._read[path] = found
        if isinstance(found, Unreadable):
            raise found
        return found

    def digest(self) -> str:
        """sha256 over the path and the bytes of every file that was read, in the order of their paths."""
        total = hashlib.sha256()
        good = {self.shown(path): data for path, data in self._read.items() if isinstance(data, bytes)}
        for shown in sorted(good):
            name = shown.encode("utf-8", "surrogateescape")
            total.update(b"%d:%b%d:" % (len(name), name, len(good[shown])))
            total.update(good[shown])
        return total.hexdigest()


def read_regular(path: Path, written: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of an ordinary file up to `limit`. Raises Unreadable, never OSError; never blocks on a pipe."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable("file-is-folder", path=written)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("file-not-regular", path=written)
        if status.st_size > limit:
            raise Unreadable("file-too-large", path=written, size=status.st_size // 1024, limit=limit // 1024)
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        suggestion = _neighbour(path, written)
        if suggestion:
            raise Unreadable("file-missing-close", path=written, suggestion=suggestion) from None
        raise Unreadable("file-missing", path=written) from None
    except PermissionError:
        raise Unreadable("file-no-permission", path=written) from None
    except (OSError, ValueError) as problem:
        raise Unreadable("file-unreadable", path=written, reason=getattr(problem, "strerror", None) or "") from None


def _neighbour(path: Path, written: str) -> str | None:
    """The written path with the name that was probably meant, when a file of nearly that name stands beside it."""
    try:
        names = sorted(each.name for each in path.parent.iterdir() if each.is_file())[:2000]
    except OSError:
        return None
    found = nearest(path.name, names)
    return None if found is None else written[: len(written) - len(path.name)] + found
