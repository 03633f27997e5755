"""Each part of a post on a page as members see it, with nothing in it that could act."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from groupform.config.project import Community
from groupform.engine.post_parts import Attached, Ballot, LinkCard, Media, Part
from groupform.render.html.as_seen import LARGEST, seen
from groupform_schemas import Post

POST = Post.model_validate({"text": "x"})
PNG = b"\x89PNG\r\n\x1a\n"


def shown(part: Part, marks: bool = True) -> str:
    # Neither the community nor the post is asked about a part that is not words.
    return str(seen(part, marks, cast(Community, None), POST, lambda file: None))


def gone() -> bytes:
    raise FileNotFoundError


@pytest.mark.parametrize(
    ("media", "picture"),
    [
        (Media("a.png", lambda: PNG), True),
        (Media("a.png", lambda: PNG + b"x" * LARGEST), False),
        (Media("a.svg", lambda: b"<svg onload='x()'/>"), False),
        (Media("<b>.pdf", lambda: b"%PDF-1.7"), False),
        (Media("a.png", gone), False),
    ],
)
def test_a_picture_stands_in_the_page_and_any_other_file_by_its_name(media: Media, picture: bool) -> None:
    html = shown(Attached(media, "a <caption>"))
    assert ('<img src="data:image/png;base64,' in html) is picture
    assert "<b>" not in html and "onload" not in html and "a &lt;caption&gt;" in html


def test_a_poll_is_one_where_members_can_vote_and_numbered_words_elsewhere() -> None:
    ballot = Ballot("Which <day>?", ("Sat", "Sun"), 2)
    assert "<li>☐ Sat</li>" in shown(ballot) and "Which &lt;day&gt;?" in shown(ballot)
    assert shown(ballot, marks=False) == '<div class="bare">Which &lt;day&gt;?\n\n1. Sat\n2. Sun</div>'


def test_a_card_leads_where_it_says(tmp_path: Path) -> None:
    html = shown(LinkCard("T&C", "until **Friday**", 'https://example.org/?a="b"', Media("a.png", lambda: PNG)))
    assert 'href="https://example.org/?a=&#34;b&#34;"' in html and "T&amp;C" in html and "until Friday" in html
