"""Owns which platforms are installed: the entry points of `groupform.providers`, each loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.engine.provider import Provider

GROUP = "groupform.providers"


class Platforms(Mapping[str, Provider]):
    """Providers by platform name. Asking for one imports it; only naming them does not."""

    def __init__(self, found: Mapping[str, EntryPoint]) -> None:
        self._found = found
        self._loaded: dict[str, Provider] = {}

    def __getitem__(self, name: str) -> Provider:
        if name not in self._loaded:
            entry = self._found[name]
            try:
                self._loaded[name] = entry.load()
            except Exception as error:  # a foreign package may fail in any way, and only its own platform suffers
                params = {"platform": name, "package": entry.value, "reason": f"{type(error).__name__}: {error}"}
                raise Refused([Diagnostic("provider-broken", params=params)]) from error
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, name: object) -> bool:
        return name in self._found


def installed_platforms() -> Platforms:
    """Every platform that an installed package offers, by name."""
    return Platforms({each.name: each for each in sorted(entry_points(group=GROUP))})
