"""Owns what a user is told about a mistake: severity, code, place, words to fill in; never the sentence itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Severity(StrEnum):
    """How loudly a diagnostic speaks. Only `error` fails a command."""

    error = "error"
    warning = "warning"
    note = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one file. Lines and columns count from 1, columns in characters; `end_*` is exclusive.

    `file` is the path as a user would type it (relative to the project's folder where possible).
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `code` is kebab-case and names the sentence in `messages/`; `params` fill its placeholders.

    `source_line` is the text of the span's first line, without its line ending, for the caret.
    `related` are further places ("first declared here"), each a (code, span) pair.
    """

    code: str
    severity: Severity = Severity.error
    span: Span | None = None
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    source_line: str | None = None
    related: tuple[tuple[str, Span], ...] = ()


class Diagnostics:
    """Collects what one phase found, so that all of it is reported before the next phase begins."""

    def __init__(self, found: Iterable[Diagnostic] = ()) -> None:
        self._found: list[Diagnostic] = list(found)

    def add(
        self,
        code: str,
        *,
        severity: Severity = Severity.error,
        span: Span | None = None,
        source_line: str | None = None,
        related: tuple[tuple[str, Span], ...] = (),
        **params: object,
    ) -> None:
        """Records one finding; keyword arguments beyond the named ones become the sentence's words."""
        self._found.append(Diagnostic(code, severity, span, MappingProxyType(params), source_line, related))

    def extend(self, found: Iterable[Diagnostic]) -> None:
        self._found.extend(found)

    @property
    def failed(self) -> bool:
        """True when at least one finding is an error."""
        return any(each.severity is Severity.error for each in self._found)

    def __iter__(self) -> Iterator[Diagnostic]:
        """In the order of file, line and column; findings without a place come last."""
        return iter(
            sorted(
                self._found,
                key=lambda each: (
                    each.span is None,
                    (each.span.file, each.span.line, each.span.column) if each.span else ("", 0, 0),
                ),
            )
        )

    def __len__(self) -> int:
        return len(self._found)


class Refused(Exception):  # noqa: N818 - not a crash: the carrier of a phase's findings to the command that prints them
    """Ends a command with diagnostics. `exit_code` follows DESIGN §6: 1 error, 4 a platform could not be reached."""

    def __init__(self, found: Iterable[Diagnostic], *, exit_code: int = 1) -> None:
        self.diagnostics = Diagnostics(found)
        self.exit_code = exit_code
        super().__init__(", ".join(each.code for each in self.diagnostics))
