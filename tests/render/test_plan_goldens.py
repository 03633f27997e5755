"""What a plan looks like, pinned: both languages, narrow and wide, ASCII and Unicode, with colours and without.

GROUPFORM_GOLDEN=write writes the files anew; the difference is then read in review.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.cells import cell_len

from groupform.render.plan_json import plan_json
from groupform.render.plan_markdown import plan_markdown
from groupform.render.plan_svg import plan_svg
from groupform.render.plan_text import show_plan
from render.samples import everything, terminal

_RUNS = re.compile(r'textLength="([0-9.]+)"[^>]*>([^<]+)</text>')
FOLDER = Path(__file__).parents[1] / "golden" / "plans"

LOOKS: Mapping[str, Mapping[str, str]] = {
    "en-80": {},
    "zh-80": {"GROUPFORM_LANG": "zh-CN"},
    "en-60": {"COLUMNS": "60"},
    "zh-60": {"GROUPFORM_LANG": "zh-CN", "COLUMNS": "60"},
    "en-120": {"COLUMNS": "120"},
    "en-80-ascii": {"GROUPFORM_ASCII": "1"},
    "en-80-colour": {"FORCE_COLOR": "1", "TERM": "xterm-256color"},
}


def check(name: str, found: str) -> None:
    file = FOLDER / name
    if os.environ.get("GROUPFORM_GOLDEN") == "write":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def text(environ: Mapping[str, str], *, full: bool = False) -> str:
    where, out, _ = terminal(environ)
    show_plan(where, everything(), full=full)
    return out.getvalue()


@pytest.mark.parametrize("look", LOOKS)
def test_plan_text(look: str) -> None:
    check(f"everything.{look}.txt", text(LOOKS[look]))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_plan_markdown(language: str) -> None:
    where, _, _ = terminal({"GROUPFORM_LANG": language})
    check(f"everything.{language}.md", plan_markdown(where, everything()))


def test_plan_json_is_the_plan() -> None:
    check("everything.json", plan_json(everything()))


@pytest.mark.parametrize("look", LOOKS)
def test_lines_have_no_trailing_space(look: str) -> None:
    assert [each for each in text(LOOKS[look]).splitlines() if each != each.rstrip()] == []


@pytest.mark.parametrize(("columns", "language"), [("60", "en"), ("60", "zh-CN"), ("80", "zh-CN"), ("120", "en")])
def test_lines_fit_the_width_though_their_characters_are_wide(columns: str, language: str) -> None:
    lines = text({"COLUMNS": columns, "GROUPFORM_LANG": language}).splitlines()
    # Words to paste are never broken; everything else fits.
    assert max(cell_len(each) for each in lines) <= int(columns)


def test_without_colour_there_are_no_escapes() -> None:
    for environ in ({}, {"NO_COLOR": "1", "FORCE_COLOR": "", "TERM": "xterm"}):
        where, out, _ = terminal(environ, tty=bool(environ))
        show_plan(where, everything())
        assert "\x1b" not in out.getvalue()


def test_colours_are_on_a_terminal_and_change_no_word() -> None:
    import re

    where, out, _ = terminal({"TERM": "xterm-256color"}, tty=True)
    show_plan(where, everything())
    assert "\x1b[" in out.getvalue()
    assert re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()) == text({})


def test_ascii_shows_no_rune_of_ours() -> None:
    ours = set(text({})) & set("±→…·│✓✗•☐☑—─━⚠")
    shown = set(text({"GROUPFORM_ASCII": "1"}))
    assert ours
    # What members see stays as it is; only what we draw is replaced.
    assert not (ours - {"·"}) & shown


def test_full_folds_nothing_away() -> None:
    shown = text({"COLUMNS": "120"}, full=True)
    assert shown.count("room.store/s") >= 300
    assert "more like it" not in shown


def test_the_first_lines_say_how_much_and_to_how_many() -> None:
    first = text({"COLUMNS": "240"}).splitlines()[0]
    for part in (
        "301 to add",
        "to change",
        "with 301 parts",
        "affects 43 people",
        "4 steps for people",
        "cannot be done",
    ):
        assert part in first


def test_the_picture_calls_nobody_and_is_the_same_each_time() -> None:
    import re
    from xml.etree import ElementTree

    where, _, _ = terminal()
    picture = plan_svg(where, everything(), "groupform plan")
    assert picture == plan_svg(where, everything(), "groupform plan")
    # A Chinese character takes two cells: with the width of one, it would be drawn over its neighbour.
    wide = {html.unescape(words): float(length) for length, words in _RUNS.findall(picture)}
    cell = wide["pet-club-home"] / len("pet-club-home")
    assert all(length == pytest.approx(cell_len(words) * cell, rel=1e-6) for words, length in wide.items())
    assert any(cell_len(words) > len(words) for words in wide)
    ElementTree.fromstring(picture)
    assert "@font-face" not in picture
    # A name space and a maker's mark are names; nothing is fetched by them.
    assert not re.search(r"(url\(|href=|src=)[\"']?https?:", picture)
    assert "宠友·上海" in picture
