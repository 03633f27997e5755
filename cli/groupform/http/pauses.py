"""Owns what processes on one host tell each other of limits they met: a small file that nobody needs.

Without it the second process runs into the limit that the first one is waiting for. It is looked at before each
request and written when a limit is met, never locked: a pause that is lost costs one refusal, as it did before. A pause
that is long is not believed: an administrator may have lifted the limit since, and to ask again costs one refusal too.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_VERSION = 1
BELIEVED = 300.0
"""The longest pause, in seconds, that is kept on somebody else's word."""
RECENT = 60.0
"""For so many seconds after a pause its calls still go one by one."""
_LARGEST = 65_536


class Pauses:
    """The pauses of one account in one file: until when, in seconds since 1970, by bucket."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._path = os.fspath(file)  # looked at for each request, which must cost next to nothing
        self._seen: tuple[int, int, int] | None = None

    def news(self, now: float) -> Mapping[str, float]:
        """Seconds that each bucket stays closed, 0 or less where a pause has just ended; {} where nothing is new."""
        looked = self._look()
        if looked is None or looked == self._seen:
            return {}
        self._seen = looked
        return {name: until - now for name, until in self._read(now).items()}

    def tell(self, bucket: str, seconds: float, now: float) -> Mapping[str, float]:
        """Writes down a pause that begins now; answers what others wrote meanwhile, as `news` does."""
        others = self.news(now)
        known = self._read(now)
        known[bucket] = max(known.get(bucket, 0.0), now + seconds)
        with suppress(OSError):
            self._write(json.dumps({"version": _VERSION, "until": known}, sort_keys=True).encode())
            self._seen = self._look()
        return others

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - half the time of Path.stat
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _read(self, now: float) -> dict[str, float]:
        """What the file says, as far as it makes sense."""
        try:
            with self._file.open("rb") as stream:
                body = json.loads(stream.read(_LARGEST))
            pauses = body["until"] if body["version"] == _VERSION else {}
            found = {str(name): float(until) for name, until in pauses.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
            return {}
        return {
            name: until
            for name, until in found.items()
            if math.isfinite(until) and now - RECENT <= until <= now + BELIEVED
        }

    def _write(self, data: bytes) -> None:
        folder = self._file.parent
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_bytes(b"*\n")
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}.new")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
            temporary.replace(self._file)
        finally:
            temporary.unlink(missing_ok=True)
