"""Fixtures that every folder of tests may ask for, in what order the folders come, and where they write."""

import os
import shutil
from pathlib import Path

import pytest

from homeserver import fresh_homeserver, homeserver, stock_homeserver

__all__ = ["anyio_backend", "fresh_homeserver", "homeserver", "stock_homeserver"]

_HERE = Path(__file__).parent
_MEMORY, _ROOM = Path("/dev/shm"), 4 * 1024**3
_LONGEST = ("acceptance", "faults", "secrets", "examples", "sandbox", "conformance", "compile")
"""Folders whose tests take long, most of them waiting for a server, its limits, a process. They come first, so that
several of them wait at once and what is left at the end is short."""


def pytest_configure(config: pytest.Config) -> None:
    """Keeps what tests write in memory where there is room: a homeserver waits for its disk half of the time.

    What is proved stays the same: what a killed process has written is there, on a disk or not.
    """
    if hasattr(config, "workerinput") or config.option.basetemp or "PYTEST_DEBUG_TEMPROOT" in os.environ:
        return
    if not (_MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)) or shutil.disk_usage(_MEMORY).free < _ROOM:
        return
    if not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:  # tests run scripts that they have written there
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(_MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; within a folder nothing moves."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    parts = item.path.relative_to(_HERE).parts if item.path.is_relative_to(_HERE) else ()
    return _LONGEST.index(parts[0]) if parts and parts[0] in _LONGEST else len(_LONGEST)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests marked `anyio` run once, on asyncio: the backend that the commands use."""
    return "asyncio"
