"""Markdown for a pull request: it shows what it was given, mentions nobody, and fits into a comment."""

from __future__ import annotations

import re

import pytest

from groupform.engine.plan import Action, Plan, Reason
from groupform.render.plan_markdown import LIMIT, code, escape, plan_markdown
from render.samples import attribute, change, deployment, everything, fan_out, terminal


def written(plan: Plan, **more: int) -> str:
    where, _, _ = terminal()
    return plan_markdown(where, plan, **more)


def test_fences_and_details_are_closed() -> None:
    text = written(everything())
    assert text.count("<details") == text.count("</details>")
    assert len(re.findall(r"^\s*```", text, re.MULTILINE)) % 2 == 0


def test_text_with_backticks_does_not_end_its_block() -> None:
    plan = Plan(
        deployments=[
            deployment(changes=[change("d/notice.a", Action.update, "````", attribute("t", "a\n", "````\nb"))])
        ]
    )
    fence = re.search(r"^(`{3,})diff$", written(plan), re.MULTILINE)
    assert fence is not None
    assert len(fence[1]) > 4


@pytest.mark.parametrize("text", ["@lead", "<img src=x>", "[x](http://y)", "a|b", "**bold**", "# head", "x\ny"])
def test_escaped_text_is_inert(text: str) -> None:
    shown = escape(text)
    assert not re.search(r"@\w|<(?!!--)|(?<!\\)[\[\]|*#]|\n", shown)


@pytest.mark.parametrize("text", ["a`b", "``", "`", "plain", "多\n行"])
def test_code_spans_hold_any_text(text: str) -> None:
    shown = code(text)
    ticks = re.match(r"`+", shown)
    assert ticks is not None
    assert ticks[0] not in shown[len(ticks[0]) : -len(ticks[0])]


@pytest.mark.parametrize("limit", [1_500, 6_000, LIMIT])
def test_it_fits_however_much_there_is(limit: int) -> None:
    changes = [
        change(f"d/room.r{index}", Action.replace, "很长的名字" * 9, attribute("topic", "旧" * 90, f"新{index}" * 90))
        for index in range(900)
    ]
    text = written(
        Plan(deployments=[deployment(changes=changes), deployment("stores-home", changes=fan_out(300))]), limit=limit
    )
    assert len(text) <= limit
    assert "900 to replace" in text


def test_a_blocked_plan_says_so_before_its_changes() -> None:
    text = written(everything())
    assert text.index("[!CAUTION]") < text.index("```diff")
    assert "--approve" in text


def test_signs_colour_the_lines() -> None:
    text = written(everything())
    assert re.search(r"^\+ \+ room\.city/sh", text, re.MULTILINE)
    assert re.search(r"^- - alias\.old", text, re.MULTILINE)
    assert re.search(r"^! ± room\.sale", text, re.MULTILINE)


def test_reasons_are_said() -> None:
    plan = Plan(
        deployments=[deployment(changes=[change("d/room.a", Action.create, "a", reason=Reason(code="memory-denied"))])]
    )
    assert "does not take this value" in written(plan)
