"""The page for a telephone: what is to be tapped can be tapped, and what is to be copied has a button."""

from __future__ import annotations

import re

from groupform.engine.plan import Reason, Step, StepStatus
from groupform.render.html.page import Sheet, page_html
from render.samples import terminal


def step(key: str, picture: str) -> Step:
    """A code to print and put up."""
    words = {"way": f"<{key}>", "places": "线下海报", "way_code": picture, "who": "林一"}
    what = Reason(code="wecom-step-post-code-create", params=words)
    return Step(
        key=f"d/post-code.{key}", address=f"d/post-code.{key}", what=what, label=key, who="lead", name="林一",
        status=StepStatus.new, text="线下海报", proof="attested", digest=key,
    )  # fmt: skip


def page(*steps: Step, language: str = "zh-CN") -> str:
    sheet = Sheet("p", "default", "lead", "林一", "2026-11-22", {}, lambda _path, _sha: None)
    return page_html(terminal({"GROUPFORM_LANG": language})[0], sheet, steps)


def test_an_address_in_a_sentence_is_a_link_and_nothing_else_is() -> None:
    for language in ("zh-CN", "en"):
        made = page(
            step("a", "https://wework.qpic.cn/a/0?x=1&y=2"), step("b", "https://wework.qpic.cn/b"), language=language
        )
        assert re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', made) == [
            (each, each) for each in ("https://wework.qpic.cn/a/0?x=1&amp;y=2", "https://wework.qpic.cn/b")
        ]
        assert "&lt;a&gt;" in made and "<b>" not in made.replace('<b class="number">', "")


def test_where_to_hang_a_code_is_nothing_to_copy() -> None:
    alike = page(step("a", "—"), step("b", "—"))
    assert "放到：" in alike and 'class="copy screen"' not in alike
