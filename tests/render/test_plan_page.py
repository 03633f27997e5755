"""The plan as a page: all that the text says, nothing that runs, and in a real browser nothing that does not fit."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groupform.engine.plan import Action, Plan
from groupform.render.html.plan import plan_html
from groupform.render.plan_view import short_address
from render.samples import attribute, change, deployment, everything, fan_out, terminal

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
EVIL = "</article><script>alert(1)</script>\u202e\x1b[31m"


def page(plan: Plan, lang: str = "en") -> str:
    return plan_html(terminal({"GROUPFORM_LANG": lang})[0], plan)


def words(text: str) -> str:
    """What somebody reads, without white space."""
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    return "".join(html.unescape(bare).split())


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_all_of_a_plan_is_there(lang: str) -> None:
    where, _, _ = terminal({"GROUPFORM_LANG": lang})
    plan = everything()
    found = words(page(plan, lang))
    for each in plan.deployments:
        said = [each.deployment]
        said += [text for one in each.changes for text in (short_address(one.address), one.label)]
        said += [where.say(one.reason.code, **one.reason.params) for one in each.changes if one.reason]
        said += [where.say(one.code, **one.params) for change in each.changes for one in change.irreversible]
        said += [where.say(one.reason.code, **one.reason.params) for one in (*each.guards, *each.conflicts)]
        said += [where.say(one.reason.code, **one.reason.params) for one in each.unreadable]
        said += [where.say(one.reason.code, **one.reason.params) for one in each.gaps if not one.accepted]
        said += [line for one in each.steps for line in (one.text or "").splitlines()]
        said += [one.key for one in each.steps] + [one.label or one.id for one in each.unmanaged]
        said += [short_address(one.address) for one in each.waiting]
        missing = [one for one in said if "".join(one.split()) not in found]
        assert not missing


def test_what_is_folded_away_is_behind_its_line() -> None:
    found = page(Plan(deployments=[deployment("stores-home", changes=fan_out(40))]))
    assert found.count("<details>") == 1
    assert all(f"room.store/s{index:03}" in found for index in range(40))


def test_in_full_every_value_of_a_new_object_is_there() -> None:
    text = "一" * 300 + "末"
    new = change("pet-club-home/room.x", Action.create, "X", attribute("topic", None, text))
    plan = Plan(deployments=[deployment(changes=[new])])
    assert "末" not in page(plan)
    assert "末" in plan_html(terminal()[0], plan, full=True)


def test_no_word_of_a_plan_is_taken_for_the_page() -> None:
    plan = Plan(deployments=[deployment(changes=[change("pet-club-home/room.x", Action.create, EVIL)])])
    found = page(plan)
    assert "<script" not in found and "&lt;script&gt;" in found
    assert "\u202e" not in found and "\x1b" not in found
    assert "default-src &#39;none&#39;" in found
    assert page(plan) == found


def test_a_plan_without_anything_is_a_page() -> None:
    assert "No changes" in page(Plan(deployments=[]))
    assert "No changes" in page(Plan(deployments=[deployment(unchanged=3)]))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_it_opens_in_a_browser(tmp_path: Path, browser: Any, width: int) -> None:
    file = tmp_path / "plan.html"
    file.write_text(page(everything(), "zh-CN"), encoding="utf-8")
    opened = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    requests, complaints = list[str](), list[str]()
    opened.on("request", lambda request: requests.append(request.url))
    opened.on("console", lambda each: complaints.append(each.text) if each.type == "error" else None)
    opened.goto(file.as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert requests == [file.as_uri()] and complaints == []
    assert opened.evaluate("getComputedStyle(document.querySelector('article')).borderLeftWidth") == "4px", "styled"
    assert opened.title() == "groupform 计划"
    opened.screenshot(path=str(tmp_path / "plan.png"), full_page=True)
