"""The month page in a real browser: it fits telephone and desk, fetches nothing, leads from a day to its posts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from calendar_rig import HEAD, write
from commands.line import groupform
from commands.test_calendar_commands import CLUB, PNG, TIPS

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives a browser, is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

ON_MATRIX = """\
groupform: 1
communities: [club.yaml]
people: {lead: {name: 林一, accounts: {matrix: "@lead:localhost"}}}
connections:
  home: {platform: matrix, homeserver: "http://127.0.0.1:1", access_token: "${env:TOKEN}"}
deployments:
  club-home: {community: club, connection: home}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_shows_the_post_as_members_see_it(tmp_path: Path, browser: Any, width: int) -> None:
    write(tmp_path, HEAD + CLUB, project=ON_MATRIX, files={"posts/tips.md": TIPS, "posts/cat.png": PNG})
    argv = ("calendar", "export", "--format", "html", "-m", "2026-12", "-o", "month.html")
    with ThreadPoolExecutor(1) as aside:
        said = aside.submit(groupform, tmp_path, *argv, environ={"GROUPFORM_LANG": "zh-CN"}).result()
    assert said.code == 0, said.err
    page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    requests, complaints = list[str](), list[str]()
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda each: complaints.append(each.text) if each.type == "error" else None)
    address = (tmp_path / "month.html").as_uri()
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert [each for each in requests if not each.startswith("data:")] == [address] and complaints == []
    assert page.text_content("#e1 .bubble strong") == "急诊" and page.text_content("#e1 .bubble h1") == "干货"
    assert str(page.get_attribute("#e1 .bubble img", "src")).startswith("data:image/png;base64,")
    assert "<script>" in str(page.text_content("#e1 .bubble")), "shown, and nothing that runs"
    page.click("td.busy a:visible")
    assert page.evaluate("location.hash") in ("#d2026-12-02", "#e1")
    shown = page.evaluate("document.querySelector('#e1').getBoundingClientRect().top")
    assert 0 <= shown < 800
