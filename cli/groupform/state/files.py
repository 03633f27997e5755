"""Owns how bytes become durable on a local disk: a whole file at a time, or a line at the end of one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Step: TypeAlias = Callable[[str], None]
"""Told the name of every durable step right before it is taken; a test makes it the place where the process dies."""


def unobserved(name: str) -> None:
    """The step that nobody watches."""


def make_folder(path: Path) -> None:
    """Makes `path`, readable by its owner only; folders above it that are missing likewise."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def write_whole(path: Path, data: bytes, step: Step = unobserved) -> None:
    """Replaces the content of `path` so that after a kill either the old or the new one is there, whole.

    Raises OSError; the old content is then still in place.
    """
    temporary = path.with_name(path.name + ".new")
    step(f"write {temporary.name}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write_all(handle, data)
        step(f"sync {temporary.name}")
        os.fsync(handle)
    finally:
        os.close(handle)
    step(f"rename {path.name}")
    temporary.replace(path)
    step(f"sync folder of {path.name}")
    sync_folder(path.parent)


def append(path: Path, at: int, data: bytes, step: Step = unobserved) -> None:
    """Writes `data` at offset `at` of `path`, cutting off what stands there, and syncs. Raises OSError."""
    fresh = at == 0
    step(f"open {path.name}")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.ftruncate(handle, at)
        os.lseek(handle, at, os.SEEK_SET)
        step(f"append {path.name}")
        half = len(data) // 2
        _write_all(handle, data[:half])
        # A kill between two writes leaves a torn line; the step in the middle lets a test see exactly that.
        step(f"append the rest of {path.name}")
        _write_all(handle, data[half:])
        step(f"sync {path.name}")
        os.fsync(handle)
    finally:
        os.close(handle)
    if fresh:
        step(f"sync folder of {path.name}")
        sync_folder(path.parent)


def remove(path: Path, step: Step = unobserved) -> None:
    """Removes a file, if it is there."""
    step(f"remove {path.name}")
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def sync_folder(path: Path) -> None:
    """Makes the folder's entries durable, where the system can do that."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError:
        return  # Windows opens no folders; a rename is durable there by other means
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
