"""Owns how findings are shown: place, source line with a caret, what is wrong, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from groupform.config.diagnostics import Diagnostic, Severity, Span
from groupform.render.terminal import Terminal, clean, print_wrapped

_STYLE = {Severity.error: "alarm", Severity.warning: "caution", Severity.note: "note"}
_TAB = 4
_SAID = 5
_OF_ONE_KIND = 50


def show_diagnostics(terminal: Terminal, found: Iterable[Diagnostic], *, summary: bool = False) -> None:
    """Prints findings to `err` in their order, a blank line between; `summary` adds a line that counts them."""
    every = list(found)
    shown, kinds = 0, Counter[tuple[str, str]]()
    for alike in _alike(every):
        first = alike[0]
        kind = (first.code, first.span.file if first.span else "")
        kinds[kind] += 1
        if first.span is not None and kinds[kind] > _OF_ONE_KIND:
            continue  # a table of ten thousand rows can be wrong in every one of them, in one and the same way
        if shown:
            terminal.aside()
        shown += 1
        show_diagnostic(terminal, first, also=alike[1:])
    for (code, file), count in kinds.items():
        if count > _OF_ONE_KIND and file:
            text = terminal.count("diagnostics-more-alike", count - _OF_ONE_KIND, code=code, file=_place(file))
            terminal.aside()
            terminal.aside(f"{terminal.glyph('…')} {text}", style="faint")
    if summary and every:
        terminal.aside()
        terminal.aside(count_line(terminal, every), style="head")


def _place(text: str) -> str:
    """A file's name can hold a line feed, too."""
    return clean(text).replace("\n", "\\n")


def count_line(terminal: Terminal, found: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    counts = Counter(each.severity for each in found)
    parts = [terminal.count(f"severity-{each.value}-count", counts[each]) for each in Severity if counts[each]]
    return terminal.say("list-comma").join(parts)


def _alike(found: Sequence[Diagnostic]) -> list[list[Diagnostic]]:
    """Neighbours that say the same of different things, and stand at no place, as one; all others alone."""
    groups: list[list[Diagnostic]] = []
    for each in found:
        last = groups[-1][0] if groups else None
        if last is not None and each.span is None and last.span is None and last.code == each.code:
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def show_diagnostic(terminal: Terminal, each: Diagnostic, *, also: Sequence[Diagnostic] = ()) -> None:
    """Prints one finding; `also` are more of the same kind, said under the same heading."""
    head = Text()
    if each.span is not None:
        head.append(_place(str(each.span)), style="head")
        head.append("  ")
    head.append(terminal.say(f"severity-{each.severity.value}"), style=_STYLE[each.severity])
    head.append("  ")
    head.append(each.code, style="code")
    print_wrapped(terminal.err, head, hanging=2)
    said = list(dict.fromkeys(terminal.say(one.code, **one.params) for one in (each, *also)))
    for sentence in said[:_SAID]:
        terminal.aside(sentence, indent=2)
    if len(said) > _SAID:
        rest = terminal.count("review-more-alike", len(said) - _SAID)
        terminal.aside(f"{terminal.glyph('…')} {rest}", indent=2, style="faint")
    if each.span is not None and each.source_line is not None:
        _show_source(terminal, each.span, each.source_line, _STYLE[each.severity])
    for code, span in each.related:
        terminal.aside(f"{_place(str(span))}  {terminal.say(code, **each.params)}", indent=2, hanging=2, style="faint")
    hint = terminal.hint(each.code, **each.params)
    if hint:
        terminal.aside(f"{terminal.glyph('→')} {hint}", indent=2, hanging=2, style="note")


def _show_source(terminal: Terminal, span: Span, source: str, style: str) -> None:
    """The source line and, under it, carets as wide as what they point at."""
    gutter = f"{span.line:>4} {terminal.glyph('│')} "
    start = max(span.column - 1, 0)
    end = span.end_column - 1 if span.end_line == span.line else len(source)
    before, marked, after = _spread(source, start, max(end, start + 1))
    room = max(terminal.err.width - cell_len(gutter) - 2, 16)
    dots = terminal.glyph("…")
    # A long line is shown around its caret; the caret itself is cut last.
    if cell_len(before) + cell_len(marked) > room:
        before = _tail(before, room // 3, dots)
    marked_wide = min(cell_len(marked), room - cell_len(before))
    shown = _head(before + marked + after, room, dots)
    blank = " " * (cell_len(gutter) - 2) + terminal.glyph("│") + " "
    print_wrapped(terminal.err, Text.assemble((gutter, "faint"), shown), indent=2, verbatim=True)
    caret = " " * cell_len(before), ("^" * max(marked_wide, 1), style)
    print_wrapped(terminal.err, Text.assemble((blank, "faint"), *caret), indent=2, verbatim=True)


def _spread(source: str, start: int, end: int) -> tuple[str, str, str]:
    """The line in three parts, tabs as spaces up to the next stop and unsafe characters visible."""
    parts: list[list[str]] = [[], [], []]
    column = 0
    for index, char in enumerate(source):
        shown = " " * (_TAB - column % _TAB) if char == "\t" else clean(char)
        column += cell_len(shown)
        parts[0 if index < start else 1 if index < end else 2].append(shown)
    before, marked, after = ("".join(each) for each in parts)
    return before, marked or " ", after


def _tail(text: str, cells: int, dots: str) -> str:
    if cell_len(text) <= cells:
        return text
    while text and cell_len(text) > cells - cell_len(dots):
        text = text[1:]
    return dots + text


def _head(text: str, cells: int, dots: str) -> str:
    if cell_len(text) <= cells:
        return text.rstrip()
    while text and cell_len(text) > cells - cell_len(dots):
        text = text[:-1]
    return text + dots


def diagnostic_json(terminal: Terminal, each: Diagnostic) -> dict[str, Any]:
    """One finding as data, for editors and pipelines."""
    place: dict[str, Any] | None = None
    if each.span is not None:
        span = each.span
        place = {
            "file": span.file,
            "line": span.line,
            "column": span.column,
            "end_line": span.end_line,
            "end_column": span.end_column,
        }
    return {
        "severity": each.severity.value,
        "code": each.code,
        "place": place,
        "message": terminal.say(each.code, **each.params),
        "hint": terminal.hint(each.code, **each.params),
    }
