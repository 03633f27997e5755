"""What people do comes and goes: walked through, exported, ticked, imported; and what is old is refused by name."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path

import pytest

from commands.line import NOW, groupform
from commands.stores_rig import SHOPS, edit, keys, shops, steps, well
from groupform.render.steps_table import guarded

MIA = 9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shops(tmp_path)


def ticks(found: list[dict[str, object]], who: str = "mia", environment: str = "default") -> dict[str, object]:
    marked = [{"key": each["key"], "ticket": each["ticket"], "at": int(NOW.timestamp())} for each in found]
    return {"groupform_ticks": 1, "environment": environment, "who": who, "ticks": marked}


def test_everybody_has_their_own_and_a_backup_stands_in(folder: Path) -> None:
    every = steps(folder)
    assert {each["who"] for each in every} == {"lead", "mia"}
    mine = steps(folder, "--who", "mia")
    assert len(mine) == MIA and mine == steps(folder, "--who", "米娅")
    stood_in = [each for each in mine if "/s3" in each["key"]]
    assert {each["instead_of"] for each in stood_in} == {"zhou"}
    made = next(each for each in mine if each["key"] == "shops/group.shop/s1")
    assert made["blocks"] == ["shops/qr.shop/s1", "shops/notice.shop/s1"]
    assert made["why"] and made["name"] == "米娅"
    unknown = groupform(folder, "steps", "list", "--who", "mai")
    assert unknown.code == 1 and "mia" in unknown.err


def test_five_groups_are_one_block_and_not_five_pages(folder: Path) -> None:
    said = well(groupform(folder, "steps", "list", "--who", "mia", environ={"GROUPFORM_LANG": "zh-CN"}))
    assert said.out.count("发起群聊") == 1
    assert "新建 3 个微信群" in said.out
    shown = well(groupform(folder, "steps", "show", "group.shop/s3"))
    assert "stands in for zhou" in shown.out and "groups.shop" in shown.out and "waits for this" in shown.out


def test_a_walk_writes_each_answer_down_at_once(folder: Path) -> None:
    said = groupform(folder, "steps", "walk", "--who", "mia", typed="d\nn\nring twice\nd\ns\nq\n")
    assert said.code == 0, said.err
    left = keys(folder, "--who", "mia")
    assert len(left) == MIA - 2
    assert "shops/group.shop/s1" not in left and "shops/group.shop/s3" in left
    state = (folder / ".groupform").rglob("*")
    kept = "".join(each.read_text(encoding="utf-8") for each in state if each.is_file() and "cache" not in each.parts)
    assert "ring twice" in kept and '"mia"' in kept
    again = groupform(folder, "steps", "walk", "--who", "mia", typed="完成\n\n" * 40)
    assert again.code == 0 and keys(folder, "--who", "mia") == []
    assert len(keys(folder, "--who", "lead")) == 3, "nobody else's"


def test_a_walk_asks_again_and_ends_where_nobody_types_any_more(folder: Path) -> None:
    said = groupform(folder, "steps", "walk", "--who", "mia", typed="what?\nd\n")
    assert said.code == 0 and "Please answer" in said.err
    assert len(keys(folder, "--who", "mia")) == MIA - 1


def test_what_waits_for_a_step_that_was_skipped_is_not_shown(folder: Path) -> None:
    said = groupform(folder, "steps", "walk", "--who", "mia", typed="s\ns\ns\n")
    assert said.code == 0
    assert len(keys(folder, "--who", "mia")) == MIA
    assert "waits for: shops/group.shop/s1" in said.out


def test_without_a_terminal_a_walk_is_refused(folder: Path) -> None:
    said = groupform(folder, "steps", "walk", "--who", "mia")
    assert said.code == 1 and "terminal" in said.err
    both = groupform(folder, "steps", "walk", typed="")
    assert both.code == 1 and "林一" in both.err and "米娅" in both.err


def test_a_page_comes_back_as_a_file_and_again_changes_nothing(folder: Path) -> None:
    mine = steps(folder, "--who", "mia")
    (folder / "ticks.json").write_text(json.dumps(ticks(mine)), encoding="utf-8")
    said = well(groupform(folder, "steps", "import", "ticks.json"))
    assert f"{MIA} steps are done" in said.out
    assert keys(folder, "--who", "mia") == []
    again = well(groupform(folder, "steps", "import", "ticks.json"))
    assert f"{MIA} were known already" in again.out
    assert groupform(folder, "plan", "--detailed-exitcode").code == 0


def link(found: list[dict[str, object]]) -> str:
    rows = [[str(each["key"]).partition("/")[2], each["ticket"], int(NOW.timestamp()), "", 87] for each in found]
    whole = {"v": 1, "e": "default", "w": "mia", "t": {"shops": rows}}
    return base64.urlsafe_b64encode(json.dumps(whole).encode()).decode().rstrip("=")


@pytest.mark.parametrize("form", ["https://example.org/mia.html#ticks={}", "【米娅】已完成 9 / 9 项\n#ticks={}\n谢谢"])
def test_a_page_comes_back_as_a_link_or_inside_a_message(folder: Path, form: str) -> None:
    text = form.format(link(steps(folder, "--who", "mia")))
    if "谢谢" in text:
        (folder / "message.txt").write_text(text, encoding="utf-8")
        text = "message.txt"
    well(groupform(folder, "steps", "import", text, "--by", "office"))
    assert keys(folder, "--who", "mia") == []


def test_a_tick_for_an_older_text_is_refused_by_name_and_the_rest_goes_through(folder: Path) -> None:
    mine = steps(folder, "--who", "mia")
    (folder / "ticks.json").write_text(json.dumps(ticks(mine)), encoding="utf-8")
    edit(folder, "对事不对人。", "对事不对人，也不对店。")
    strict = groupform(folder, "steps", "import", "ticks.json", "--strict")
    assert strict.code == 1 and "nothing was written" in strict.out
    assert len(keys(folder, "--who", "mia")) == MIA
    said = groupform(folder, "steps", "import", "ticks.json")
    assert said.code == 3
    for shop in ("s1", "s2", "s3"):
        assert f"shops/notice.shop/{shop}" in said.out
    assert keys(folder, "--who", "mia") == [f"shops/notice.shop/s{each}" for each in (1, 2, 3)]


def test_a_comma_makes_no_tick_old_unless_that_is_asked_for(folder: Path) -> None:
    mine = steps(folder, "--who", "mia")
    (folder / "ticks.json").write_text(json.dumps(ticks(mine)), encoding="utf-8")
    edit(folder, "对事不对人。", "对事，不对人！")
    well(groupform(folder, "steps", "import", "ticks.json"))
    edit(folder, "对事，不对人！", "对事不对人")
    assert keys(folder, "--who", "mia") == []
    edit(folder, "groupform: 1\n", "groupform: 1\nsteps: {reopen: any}\n", "groupform.yaml")
    assert keys(folder, "--who", "mia") == [f"shops/notice.shop/s{each}!text" for each in (1, 2, 3)]


def test_an_old_page_does_not_close_what_is_asked_for_again(folder: Path) -> None:
    (folder / "old.json").write_text(json.dumps(ticks(steps(folder, "--who", "mia"))), encoding="utf-8")
    well(groupform(folder, "steps", "import", "old.json"))
    later = NOW.replace(day=9)
    said = groupform(folder, "steps", "import", "old.json", now=later)
    assert said.code == 3 and "shops/qr.shop/s1" in said.out, "a code of last week is no code of this week"
    renewed = groupform(folder, "steps", "done", "qr.shop/s1", "--people", "120", now=later)
    assert renewed.code == 0, renewed.err


def test_a_table_goes_out_for_excel_and_comes_back(folder: Path) -> None:
    edit(folder, "title: 友善, text: 对事不对人。", 'title: 友善, text: "=1+1 别算我"')
    well(
        groupform(folder, "steps", "export", "--format", "csv", "--out", "all.csv", environ={"GROUPFORM_LANG": "zh-CN"})
    )
    data = (folder / "all.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and b"\r\n" in data
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    for row in rows[1:]:
        if row[1] == "米娅":
            row[0] = "√"
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows(rows)
    (folder / "back.csv").write_bytes(out.getvalue().encode("gb18030"))
    well(groupform(folder, "steps", "import", "back.csv"))
    assert keys(folder, "--who", "mia") == [] and keys(folder, "--who", "lead")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "  =1", "＝1"])
def test_no_cell_is_computed(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert guarded("大厅") == "大厅"


def test_markdown_goes_out_and_comes_back(folder: Path) -> None:
    text = well(groupform(folder, "steps", "export", "--format", "issue", "--who", "mia")).out
    assert text.count("- [ ]") == MIA and not text.startswith("# ")
    (folder / "issue.md").write_text(text.replace("- [ ]", "- [x]", 3), encoding="utf-8")
    assert "3 steps are done" in well(groupform(folder, "steps", "import", "issue.md")).out
    assert len(keys(folder, "--who", "mia")) == MIA - 3


@pytest.mark.parametrize(
    "text", ["", "hello", "{", '{"groupform_ticks": 1}', "#ticks=AAAAAAAAAAAA", "a,b\r\n1,2", "{" * 5000, "\0" * 40]
)
def test_what_holds_no_ticks_is_said_to_hold_none(folder: Path, text: str) -> None:
    (folder / "x").write_text(text, encoding="utf-8")
    said = groupform(folder, "steps", "import", "x")
    assert said.code == 1 and "error" in said.err and "Traceback" not in said.err and "bug" not in said.err


def test_a_list_of_another_environment_is_refused(folder: Path) -> None:
    (folder / "x.json").write_text(json.dumps(ticks([], environment="staging")), encoding="utf-8")
    said = groupform(folder, "steps", "import", "x.json")
    assert said.code == 1 and "staging" in said.err


def test_pages_for_everybody_and_an_empty_one_for_who_is_done(folder: Path) -> None:
    alone = groupform(folder, "steps", "export")
    assert alone.code == 1 and "--out" in alone.err
    well(groupform(folder, "steps", "export", "--out", "pages"))
    assert sorted(each.name for each in (folder / "pages").iterdir()) == ["lead.html", "mia.html"]
    well(groupform(folder, "steps", "walk", "--who", "lead", typed="d\n\n" * 9))
    well(groupform(folder, "steps", "export", "--out", "pages"))
    page = (folder / "pages" / "lead.html").read_text(encoding="utf-8")
    assert "Nothing is left to do" in page and "data-ticket" not in page


def test_a_page_holds_all_it_needs_and_trusts_no_text(folder: Path) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}"
    (folder / "shops.yaml").write_text(
        SHOPS.replace("对事不对人。", f'"{evil} https://example.org/a?b=1&c=2"'), "utf-8"
    )
    page = well(groupform(folder, "steps", "export", "--who", "mia")).out
    assert page.count("<script>") == 1 and "<script>alert" not in page and "<img" not in page
    assert "{{ 7*7 }}" in page and "49" not in page.partition("{{ 7*7")[2][:10]
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "<svg" in page and 'href="https://example.org/a?b=1&amp;c=2"' in page
    for word in ("src=", "@import", "url(", "<link", 'http-equiv="refresh'):
        assert word not in page.replace("src=x", ""), word


def test_a_list_from_before_a_word_was_taken_back_says_nothing(folder: Path) -> None:
    (folder / "old.json").write_text(json.dumps(ticks(steps(folder, "--who", "mia"))), encoding="utf-8")
    well(groupform(folder, "steps", "import", "old.json"))
    well(groupform(folder, "steps", "reopen", "notice.shop/s1"))
    said = groupform(folder, "steps", "import", "old.json")
    assert said.code == 3 and "shops/notice.shop/s1" in said.out
    assert keys(folder, "--who", "mia") == ["shops/notice.shop/s1"]
    well(groupform(folder, "steps", "done", "notice.shop/s1"))
    assert keys(folder, "--who", "mia") == []


def test_a_picture_travels_inside_the_page_while_it_is_the_declared_one(tmp_path: Path) -> None:
    link = "{title: 指南, url: 'https://shop.example/g', image: guide.png}"
    more = f'welcome: {{text: "欢迎", attachments: [{{link: {link}}}]}}\n'
    folder = shops(tmp_path, community=SHOPS + more)
    (folder / "guide.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"picture")
    page = well(groupform(folder, "steps", "export", "--who", "lead")).out
    assert '<img src="data:image/png;base64,' in page and 'download="guide.png"' in page
    (step,) = [each for each in steps(folder, "--who", "lead") if each["files"]]
    assert step["files"][0]["path"] == "guide.png" and len(step["files"][0]["sha256"]) == 64
    well(groupform(folder, "steps", "done", step["key"]))
    (folder / "guide.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"another")
    assert "shops/welcome.desk!pictures" in keys(folder, "--who", "lead"), "another picture is another step"
