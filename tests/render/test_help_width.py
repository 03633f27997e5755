"""Help pages stay within the width that is there."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from groupform.messages import LANGUAGES, Catalogue
from groupform.render.help import Entry, render_help


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_wider_than_asked(lang: str, width: int) -> None:
    options = [
        Entry("--format text|json|markdown|svg", "把读取代价高的内容也读一遍，并列出没有声明的对象。"),
        Entry("--yes, -y", "Go past a guard for this address, or for a whole plan by its digest; may be repeated."),
    ]
    page = render_help(Catalogue(lang), "groupform plan", "Show what would change. " * 5, [], [], options, width=width)
    assert [line for line in page.splitlines() if cell_len(line) > width] == []
    assert "把读取代价高的内容也读一遍" in page.replace("\n", "").replace(" ", "")
