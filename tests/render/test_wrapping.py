"""Lines break where a reader of either language expects it, and nothing gets lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from groupform.render.wrapping import wrap


def lines(text: str, first: int, later: int | None = None) -> list[str]:
    return [each.plain for each in wrap(Text(text), first, later or first)]


@pytest.mark.parametrize(
    ("text", "width", "broken"),
    [
        ("", 10, [""]),
        ("short", 10, ["short"]),
        ("two words", 5, ["two", "words"]),
        ("exactly ten", 7, ["exactly", "ten"]),
        ("unbreakable", 4, ["unbr", "eaka", "ble"]),
        ("新朋友先看群规", 6, ["新朋友", "先看群", "规"]),
        ("不再管理一项", 7, ["不再管", "理一项"]),
        ("先看群规，再打招呼", 8, ["先看群", "规，再打", "招呼"]),
        ("说明（见下）", 6, ["说明", "（见", "下）"]),
        ("大厅 lobby 前厅", 8, ["大厅", "lobby 前", "厅"]),
        ("新增 12 项，改 3 项", 8, ["新增", "12 项，", "改 3 项"]),
        ("--approve pet-club/room.a", 12, ["--approve", "pet-club/roo", "m.a"]),
    ],
)
def test_breaks(text: str, width: int, broken: list[str]) -> None:
    assert lines(text, width) == broken


def test_later_lines_may_be_narrower() -> None:
    assert lines("aaaa bbbb cccc", 9, 4) == ["aaaa bbbb", "cccc"]


words = st.text(st.sampled_from("ab 新，（）。—· \t"), max_size=60)


@given(words, st.integers(4, 30), st.integers(4, 30))
def test_every_line_fits_and_no_character_is_lost(text: str, first: int, later: int) -> None:
    found = lines(text, first, later)
    assert "".join("".join(found).split()) == "".join(text.split())
    for index, each in enumerate(found):
        assert cell_len(each) <= (later if index else first)


def test_styles_stay_with_their_characters() -> None:
    text = Text("红色 and 绿色")
    text.stylize("red", 0, 2)
    found = wrap(text, 4, 4)
    assert [(span.start, span.end, span.style) for span in found[0].spans] == [(0, 2, "red")]
    assert found[-1].plain == "绿色"
