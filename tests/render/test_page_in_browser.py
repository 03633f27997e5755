"""The page for a telephone, in a real browser: opened from a file, ticked, closed, opened again, and sent back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from commands.line import groupform
from commands.stores_rig import SHOPS, shops, well

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives a browser, is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

CHINESE = {"GROUPFORM_LANG": "zh-CN"}
TELEPHONE = {"width": 360, "height": 740}
LONG = "https://example.org/" + "a" * 180


def said(folder: Path, *argv: str) -> str:
    """A command line, in a thread of its own: the browser's driver keeps this one's event loop. At the browser's time:
    a tick says when it was made."""
    with ThreadPoolExecutor(1) as aside:
        return well(aside.submit(groupform, folder, *argv, environ=CHINESE, now=datetime.now(UTC)).result()).out


def left(folder: Path) -> list[str]:
    return [each["key"] for each in json.loads(said(folder, "steps", "list", "--who", "mia", "--format", "json"))]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = shops(tmp_path, community=SHOPS.replace("对事不对人。", f"对事不对人。见 {LONG}"))
    said(made, "steps", "export", "--out", "pages")
    return made


class Telephone:
    """One telephone with the page open; everything that the page complains about or asks the network for is kept."""

    def __init__(self, browser: Any, address: str, **more: Any) -> None:
        self.context = browser.new_context(viewport=TELEPHONE, accept_downloads=True, **more)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)

    def count(self) -> str:
        return str(self.page.text_content("#count"))

    def tick(self, number: int) -> None:
        self.page.click(f"#s{number} .tick")

    def result(self) -> str:
        self.page.click("#return")
        return str(self.page.input_value("#words"))


def address(folder: Path, who: str = "mia") -> str:
    return (folder / "pages" / f"{who}.html").as_uri()


def test_it_fits_a_telephone_asks_the_network_for_nothing_and_obeys_its_own_policy(folder: Path, browser: Any) -> None:
    phone = Telephone(browser, address(folder))
    assert phone.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert phone.requests == [address(folder)]
    assert phone.complaints == []
    assert phone.page.get_attribute("html", "lang") == "zh-CN"
    small = phone.page.evaluate(
        "Array.from(document.querySelectorAll('button, label.head')).filter("
        "b => b.offsetParent && b.getBoundingClientRect().height < 43).map(b => b.textContent)"
    )
    assert small == [], "a thumb needs 44 pixels"


def test_ticks_stay_and_what_waits_comes_free(folder: Path, browser: Any) -> None:
    phone = Telephone(browser, address(folder))
    assert phone.count() == "共 9 项，还没开始"
    waiting = phone.page.eval_on_selector_all("article.waiting", "found => found.length")
    assert waiting == 6
    phone.tick(1)
    assert phone.count() == "已完成 1 / 9 项"
    assert phone.page.eval_on_selector_all("article.waiting", "found => found.length") == 4
    phone.page.reload()
    assert phone.count() == "已完成 1 / 9 项"
    assert phone.page.eval_on_selector_all("article.done", "found => found.length") == 1


def test_the_result_comes_back_as_words_in_a_chat(folder: Path, browser: Any) -> None:
    phone = Telephone(browser, address(folder))
    for number in range(1, 10):
        if phone.page.query_selector(f"#s{number} input.answer"):
            phone.page.fill(f"#s{number} input.answer", "120")
        phone.tick(number)
    assert "全部完成" in phone.count()
    words = phone.result()
    assert words.startswith("【米娅】已完成 9 / 9 项\n#ticks=")
    (folder / "chat.txt").write_text(words, encoding="utf-8")
    said(folder, "steps", "import", "chat.txt")
    assert left(folder) == []
    assert phone.complaints == []


def test_the_result_comes_back_as_a_file_and_goes_on_elsewhere(folder: Path, browser: Any) -> None:
    phone = Telephone(browser, address(folder))
    phone.tick(1)
    phone.tick(2)
    words = phone.result()
    with phone.page.expect_download() as download:
        phone.page.click("#download")
    saved = folder / "ticks.json"
    download.value.save_as(saved)
    assert len(json.loads(saved.read_text(encoding="utf-8"))["ticks"]) == 2
    other = Telephone(browser, f"{address(folder)}#{words.partition('#')[2]}")
    assert other.count() == "已完成 2 / 9 项"
    said(folder, "steps", "import", "ticks.json")
    assert len(left(folder)) == 7


def test_a_text_is_copied_or_at_least_selected(folder: Path, browser: Any) -> None:
    phone = Telephone(browser, address(folder))
    phone.page.evaluate(
        "document.execCommand = () => false; Object.defineProperty(navigator, 'clipboard', {value: null})"
    )
    phone.page.click("#s1 button.copy")
    assert phone.page.evaluate("getSelection().toString()").strip() == phone.page.text_content("#s1 pre")
    assert "长按" in str(phone.page.text_content("#toast"))


def test_where_storage_is_forbidden_the_page_still_works(folder: Path, browser: Any) -> None:
    phone = Telephone(browser, "about:blank")
    phone.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden') }})"
    )
    phone.page.goto(address(folder))
    phone.tick(1)
    assert phone.count() == "已完成 1 / 9 项"
    assert phone.complaints == []


def test_a_new_page_keeps_the_ticks_of_what_did_not_change(folder: Path, browser: Any) -> None:
    phone = Telephone(browser, address(folder))
    for number in (1, 5):
        phone.tick(number)
    file = folder / "shops.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("对事不对人。", "先看店规。"), encoding="utf-8")
    said(folder, "steps", "export", "--out", "pages")
    phone.page.reload()
    done = phone.page.eval_on_selector_all("article.done", "found => found.map(one => one.dataset.key)")
    assert "shops/group.shop/s1" in done
    assert not [each for each in done if "notice" in each]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(folder: Path, browser: Any, scheme: str) -> None:
    phone = Telephone(browser, address(folder), color_scheme=scheme)
    worst = phone.page.evaluate(
        """() => {
        const light = c => { const v = c.match(/[0-9.]+/g).slice(0, 3).map(n => n / 255)
            .map(n => n <= .04045 ? n / 12.92 : ((n + .055) / 1.055) ** 2.4);
            return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
        const ground = n => { while (n) { const c = getComputedStyle(n).backgroundColor;
            if (!/, 0\\)|transparent/.test(c)) return c; n = n.parentElement; } return 'rgb(255,255,255)'; };
        const said = 'h1, h2, .what, .how, pre, button, .label, .facts span';
        return Math.min(...Array.from(document.querySelectorAll(said))
            .filter(n => n.offsetParent).map(n => { const a = light(getComputedStyle(n).color), b = light(ground(n));
            return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); })); }"""
    )
    assert worst >= 4.5, "WCAG 2.2, 1.4.3"


def test_on_paper_there_are_no_buttons(folder: Path, browser: Any) -> None:
    phone = Telephone(browser, address(folder))
    phone.page.emulate_media(media="print")
    assert phone.page.eval_on_selector_all("button", "found => found.filter(one => one.offsetParent).length") == 0
    assert phone.page.is_visible("#s1 .tick")


def test_a_checklist_and_words_to_agree_to_stand_on_the_page(tmp_path: Path, browser: Any) -> None:
    now = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    asked = (
        "calendar:\n  tips: {title: 干货, kind: article, when: {after: group_created, wait: 1h}, to: [desk],"
        " by: lead, approve: mia, post: {text: 大家好}}\n"
        f"compliance: {{checklists: {{patrol: {{when: {{daily: yes, at: '{now:%H:%M}'}}, who: mia,"
        " steps: [看外链, 看举报]}}}\n"
    )
    folder = shops(tmp_path, community=SHOPS + asked)
    with ThreadPoolExecutor(1) as aside:
        ran = aside.submit(groupform, folder, "calendar", "run", environ=CHINESE, now=datetime.now(UTC)).result()
    assert ran.code == 3 and "清单 patrol" in ran.out
    said(folder, "steps", "export", "--out", "pages", "--who", "mia")
    phone = Telephone(browser, address(folder))
    assert phone.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    shown = str(phone.page.text_content("main"))
    assert "清单 patrol" in shown and "审批「干货」的内容" in shown and "将要发送的内容" in shown
    for card in phone.page.query_selector_all("article"):
        if "/checklist." in card.get_attribute("data-key") or "/approval." in card.get_attribute("data-key"):
            card.query_selector(".tick").click()
    (folder / "chat.txt").write_text(phone.result(), encoding="utf-8")
    assert "记为完成：3 步" in said(folder, "steps", "import", "chat.txt")
    assert not [each for each in left(folder) if "/checklist." in each or "/approval." in each]
    assert phone.complaints == []
