"""Owns edits of a project's files: gathered, shown as a diff, written together, taken back where they do not hold."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.load import Loaded
from groupform.config.write import Unwritable, Written, set_value
from groupform.render.terminal import Terminal, clean

_STYLES = {"+": "add", "-": "remove"}


class Edits:
    """What is to become of files below `root`, by their path from there. Nothing is written before `write`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._before: dict[str, str | None] = {}
        self._after: dict[str, str] = {}

    @property
    def empty(self) -> bool:
        return all(self._before[file] == text for file, text in self._after.items())

    def text(self, file: str) -> str:
        """The file as it will be. Raises OSError, UnicodeDecodeError."""
        if file not in self._after:
            # Bytes, not text: line ends stay what they are.
            self._after[file] = (self.root / file).read_bytes().decode("utf-8")
            self._before[file] = self._after[file]
        return self._after[file]

    def holds(self, file: str, text: str) -> bool:
        """Whether the file stands there, word for word."""
        path = self.root / file
        return path.is_file() and path.read_bytes() == text.encode("utf-8")

    def create(self, file: str, text: str) -> None:
        """A file of its own. Raises Refused `adopt-file-exists` where one stands there."""
        if (self.root / file).exists():
            raise Refused([Diagnostic("adopt-file-exists", params={"file": file})])
        self._before[file], self._after[file] = None, text

    def replace(self, file: str, text: str) -> None:
        """Other words for a whole file."""
        self.text(file)
        self._after[file] = text

    def set(self, file: str, path: Sequence[str | int], value: Written) -> None:
        """One value in a YAML file; comments and the order of keys stay. Raises Refused `edit-impossible`."""
        try:
            self._after[file] = set_value(self.text(file), path, value)
        except (Unwritable, UnicodeDecodeError) as problem:
            place = ".".join(map(str, path))
            raise Refused([Diagnostic("edit-impossible", params={"file": file, "place": place})]) from problem

    def put_all(self, file: str, key: str, values: Mapping[str, Written]) -> None:
        """Adds keys to a mapping at the top of a file, which is made where it is not there, or empty."""
        for name, value in values.items():
            try:
                self._after[file] = set_value(self.text(file), (key, name), value)
            except Unwritable:
                self.set(file, (key,), {name: value})

    def show(self, terminal: Terminal) -> None:
        """Prints the edits as a diff to `out`."""
        for file, after in self._after.items():
            before = self._before[file] or ""
            lines = difflib.unified_diff(before.splitlines(), after.splitlines(), file, file, lineterm="", n=2)
            for each in lines:
                style = "" if each.startswith(("+++", "---")) else _STYLES.get(each[:1], "")
                terminal.line(clean(each), style=style)

    def write(self, load: Callable[[], Loaded]) -> Loaded:
        """Writes every file, and puts all of them back where the project would not be valid then. Raises Refused."""
        written: list[str] = []
        try:
            for file, text in self._after.items():
                if self._before[file] != text:
                    self._put(file, text)
                    written.append(file)
            loaded = load()
        except BaseException:
            self._restore(written)
            raise
        if loaded.project is None:
            self._restore(written)
            raise Refused(loaded.diagnostics)
        return loaded

    def _restore(self, files: Sequence[str]) -> None:
        for file in files:
            before = self._before[file]
            if before is None:
                (self.root / file).unlink(missing_ok=True)
            else:
                self._put(file, before)

    def _put(self, file: str, text: str) -> None:
        """Whole or not at all: a file that was half written would be nobody's."""
        path = (self.root / file).resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode("utf-8"))
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
