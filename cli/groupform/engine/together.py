"""Owns what all sessions and runs of one command keep together, whoever they belong to."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class Together:
    """Things that are made when they are first asked for, and then shared: a connection's limits, turns at it.

    `folder` holds what may be deleted at any time and is never needed, for other processes on this host as well; None
    where nothing is to be kept.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._kept: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing of that key, made where it is not there yet."""
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found
