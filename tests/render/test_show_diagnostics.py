"""Findings as a person sees them: the caret stands under what is meant, however wide its characters are."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from groupform.config.diagnostics import Diagnostic, Severity, Span
from groupform.render.diagnostics import diagnostic_json, show_diagnostics
from render.samples import terminal


def shown(found: list[Diagnostic], environ: dict[str, str] | None = None, *, summary: bool = False) -> list[str]:
    where, out, err = terminal(environ)
    show_diagnostics(where, found, summary=summary)
    assert out.getvalue() == ""
    return err.getvalue().splitlines()


def at(line: str, start: int, end: int, code: str = "key-missing", **params: object) -> Diagnostic:
    span = Span("communities/宠友.yaml", 12, start + 1, 12, end + 1)
    return Diagnostic(code, span=span, params=params, source_line=line)


def caret_cells(lines: list[str]) -> tuple[str, int, int]:
    """The source text as shown, and the cells where the carets begin and end, counted from its first cell."""
    number = max(index for index, each in enumerate(lines) if "│ " in each)
    source, carets = lines[number - 1].partition("│ ")[2], lines[number].partition("│ ")[2]
    begin = len(carets) - len(carets.lstrip())
    return source, begin, begin + carets.count("^")


def test_the_caret_stands_under_wide_characters() -> None:
    line = "  标题：大厅  # 注释"
    source, begin, end = caret_cells(shown([at(line, 5, 7)]))
    assert source == line
    assert (begin, end) == (cell_len("  标题："), cell_len("  标题：大厅"))


@given(
    before=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Mn", "Me", "Cf", "Zl", "Zp"]), max_size=12
    ),
    marked=st.text(st.characters(categories=["Lo", "Ll", "Nd"]), min_size=1, max_size=6),
)
def test_the_caret_spans_exactly_the_cells_of_what_is_marked(before: str, marked: str) -> None:
    before, marked = unicodedata.normalize("NFC", before), unicodedata.normalize("NFC", marked)
    _, begin, end = caret_cells(
        shown([at(before + marked, len(before), len(before) + len(marked))], {"COLUMNS": "120"})
    )
    assert begin == cell_len(before)
    assert end - begin == max(cell_len(marked), 1)


def test_tabs_are_shown_as_spaces_up_to_the_next_stop() -> None:
    source, begin, _ = caret_cells(shown([at("\ta\tkey: x", 3, 6)]))
    assert source == "    a   key: x"
    assert begin == 8


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_long_line_is_shown_around_its_caret(columns: int) -> None:
    line = "字" * 300 + "错" + "字" * 300
    lines = shown([at(line, 300, 301)], {"COLUMNS": str(columns)})
    source, begin, end = caret_cells(lines)
    assert max(cell_len(each) for each in lines) <= columns
    assert end - begin == 2
    cells = 0
    for char in source:
        if cells == begin:
            assert char == "错"
            break
        cells += cell_len(char)
    else:
        pytest.fail("the caret stands behind the end of the line")


def test_a_span_over_several_lines_is_marked_to_the_end_of_the_first() -> None:
    each = Diagnostic("key-missing", span=Span("a.yaml", 1, 3, 4, 2), source_line="x: [1,")
    _, begin, end = caret_cells(shown([each]))
    assert (begin, end) == (2, 6)


def test_a_strangers_text_cannot_move_the_cursor() -> None:
    lines = shown([at("a\x1b[2J\u202eb", 0, 1), Diagnostic("key-missing", params={"key": "\x1b]0;x\x07"})])
    assert not {"\x1b", "\u202e", "\x07"} & set("".join(lines))


def test_square_brackets_are_text_and_not_markup() -> None:
    lines = shown([at("to: [bold]red[/bold]", 4, 10)])
    assert any("[bold]red[/bold]" in each for each in lines)


def test_place_comes_first_so_that_a_click_leads_there() -> None:
    head = shown([at("x", 0, 1)])[0]
    assert head.startswith("communities/宠友.yaml:12:1  error  key-missing")


def test_the_end_counts_what_was_found() -> None:
    found = [at("x", 0, 1), at("y", 0, 1), Diagnostic("key-missing", Severity.warning)]
    assert shown(found, summary=True)[-1] == "2 errors, 1 warning"
    assert shown(found, {"GROUPFORM_LANG": "zh"}, summary=True)[-1] == "2 个错误，1 个警告"


def test_many_of_one_kind_without_a_place_are_said_together() -> None:
    found = [Diagnostic("deployment-unknown", params={"name": f"d{index}", "known": "x"}) for index in range(20)]
    lines = shown(found)
    assert sum("deployment-unknown" in each for each in lines) == 1
    assert any("and 15 more" in each for each in lines)


def test_related_places_are_named() -> None:
    first = ("first-here", Span("b.yaml", 3, 1, 3, 2))
    each = Diagnostic("key-missing", span=Span("a.yaml", 1, 1, 1, 2), source_line="x", related=(first,))
    assert any("b.yaml:3:1" in line for line in shown([each]))


def test_json_carries_place_sentence_and_cure() -> None:
    where, _, _ = terminal()
    found = diagnostic_json(where, at("x", 0, 1))
    assert found["place"] == {"file": "communities/宠友.yaml", "line": 12, "column": 1, "end_line": 12, "end_column": 2}
    assert {found["severity"], found["code"]} == {"error", "key-missing"}
    assert found["message"]


def test_thousands_of_one_kind_are_counted_and_the_others_are_all_shown() -> None:
    where, _, err = terminal()
    many = [
        Diagnostic("table-key-twice", span=Span("t.csv", n, 1, n, 2), source_line="a,b", params={"key": f"k{n}"})
        for n in range(1, 1001)
    ]
    other = Diagnostic("table-empty", span=Span("u.csv", 1, 1, 1, 2))
    show_diagnostics(where, [*many, other], summary=True)
    said = err.getvalue()
    assert said.count("table-key-twice\n") == 50
    assert "950 more of table-key-twice in t.csv" in said
    assert "table-empty" in said
    assert "1001 errors" in said


def test_a_line_feed_in_a_name_does_not_break_the_heading() -> None:
    where, _, err = terminal()
    show_diagnostics(where, [Diagnostic("table-empty", span=Span("a\nb.csv", 1, 1, 1, 2))])
    assert "a\\nb.csv:1:1" in err.getvalue()
