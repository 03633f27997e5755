"""Owns the coverage table as a page: the Markdown that a provider's README shows, from the same rows that decide."""

from __future__ import annotations

from collections.abc import Callable

from groupform.compile.coverage import WORST_FIRST, Row, Table

BEGIN = "<!-- coverage: generated from the table in coverage.py; do not edit -->"
END = "<!-- /coverage -->"
Say = Callable[[str], str]
"""Gives the sentence of a code: a catalogue's `text`."""


def coverage_page(table: Table, say: Say) -> str:
    """A Markdown table, the worst outcome first; leaves with the same outcomes and reason share a line."""
    gathered: dict[tuple[tuple[str, ...], str | None], list[Row]] = {}
    for row in table.rows:
        gathered.setdefault((tuple(row.outcomes), row.reason), []).append(row)
    lines = [
        _line(*(say(f"coverage-column-{name}") for name in ("leaf", "outcome", "reason"))),
        _line("---", "---", "---"),
    ]
    for (_, reason), alike in sorted(gathered.items(), key=lambda each: _worst(each[1][0])):
        outcomes = sorted(alike[0].outcomes, key=WORST_FIRST.index)
        lines.append(
            _line(
                ", ".join(f"`{row.pattern}`" for row in alike),
                " · ".join(f"{outcome.value}" for outcome in outcomes),
                say(reason) if reason is not None else "",
            )
        )
    return "\n".join(lines) + "\n"


def replaced(page: str, table: Table, say: Say) -> str:
    """A page with its generated part made anew, between BEGIN and END. Raises ValueError where they do not stand."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for the coverage table")
    return f"{before}{BEGIN}\n\n{coverage_page(table, say)}\n{END}{after}"


def _worst(row: Row) -> int:
    return min(WORST_FIRST.index(outcome) for outcome in row.outcomes)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
