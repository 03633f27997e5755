"""Owns the picture of a plan: what the terminal would show, as SVG without anything fetched from elsewhere."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.theme import Theme

from groupform.engine.plan import Plan
from groupform.render.plan_text import show_plan
from groupform.render.terminal import STYLES, Terminal

_FONTS = (
    "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', "
    "'Noto Sans Mono CJK SC', 'Sarasa Mono SC', 'PingFang SC', 'Microsoft YaHei', monospace"
)
_INK, _GREY = (36, 41, 47), (110, 119, 129)
_PAPER = TerminalTheme(
    (255, 255, 255),
    _INK,
    [_INK, (207, 34, 46), (26, 127, 55), (154, 103, 0), (9, 105, 218), (130, 80, 223), (27, 124, 131), _GREY],
    [_GREY, (164, 14, 38), (45, 164, 78), (99, 60, 1), (33, 139, 255), (164, 117, 249), (49, 146, 170), _GREY],
)


def plan_svg(terminal: Terminal, plan: Plan, title: str, *, width: int = 100, full: bool = False) -> str:
    """The text plan drawn `width` columns wide; the same plan gives the same bytes."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=width,
        force_terminal=True,
        color_system="truecolor",
        theme=Theme(STYLES),
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    show_plan(replace(terminal, out=console, ascii=False), plan, full=full)
    svg = console.export_svg(title=title, theme=_PAPER, unique_id="plan")
    # rich names a web font; a picture in a repository should not make a reader's browser call anybody.
    svg = re.sub(r"@font-face\s*{.*?}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]*;", f"font-family: {_FONTS};", svg)
    return re.sub(r'textLength="([0-9.]+)"([^>]*)>([^<]+)</text>', _stretched, svg)


def _stretched(drawn: re.Match[str]) -> str:
    """A run of text in its true width: rich counts characters where Chinese ones take two cells each."""
    length, more, words = drawn.groups()
    text = html.unescape(words)
    width = float(length) / len(text) * cell_len(text)
    return f'textLength="{width:.10g}"{more}>{words}</text>'
