"""Texts and titles: the community's own words, whole, in order, and read as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from compile.worlds import community, deployed, everything, story
from groupform.compile.markdown import escape, plain
from groupform.compile.texts import notice, notice_plain, welcome
from groupform.compile.titles import container_title, group_title
from groupform.config.flat import flat_title
from groupform.config.project import GroupInstance, ResolvedDeployment

CLUB = """\
community: club
title: 书友会
locale: %(locale)s
team: {owner: lead}
entry: {door: link}
groups:
  hall: {title: 大厅, topic: "先看群规 *"}
  bare: {title: 空地}
rules:
  kind:
    title: "友善*交流*"
    text: |
      对事不对人，
      **不嘲讽**。
  ads: {title: 广告, text: "{community}里不发广告，{group}也不发。"}
notice: %(notice)s
"""


def at(folder: Path, name: str) -> tuple[ResolvedDeployment, GroupInstance]:
    deployment = deployed(folder)
    group = deployment.community.group(name)
    assert group is not None
    return deployment, group


def write(folder: Path, *, notice: str = "{parts: [topic, rules]}", locale: str = "zh-CN") -> None:
    community(folder, CLUB % {"notice": notice, "locale": locale}, "wechat")


def test_the_notice_in_markdown_and_as_typed(tmp_path: Path) -> None:
    write(tmp_path)
    assert notice(*at(tmp_path, "hall")) == (
        "先看群规 \\*\n\n"
        "1. **友善\\*交流\\***：对事不对人，\n   **不嘲讽**。\n"
        "2. **广告**：书友会里不发广告，大厅也不发。"
    )
    assert notice_plain(*at(tmp_path, "hall")) == (
        "先看群规 *\n\n1. 友善*交流*：对事不对人，\n   不嘲讽。\n2. 广告：书友会里不发广告，大厅也不发。"
    )


def test_both_forms_of_the_notice_say_the_same(tmp_path: Path) -> None:
    write(tmp_path)
    for name in ("hall", "bare"):
        markdown, typed = notice(*at(tmp_path, name)), notice_plain(*at(tmp_path, name))
        assert markdown is not None and plain(markdown) == typed


def test_parts_stand_in_declared_order_and_empty_ones_leave_no_gap(tmp_path: Path) -> None:
    write(tmp_path, notice="{parts: [rules, topic]}")
    assert (notice_plain(*at(tmp_path, "hall")) or "").endswith("\n\n先看群规 *")
    assert (notice_plain(*at(tmp_path, "bare")) or "").startswith("1. 友善")
    write(tmp_path, notice="{parts: [topic]}")
    assert notice(*at(tmp_path, "bare")) is None


def test_the_colon_is_the_languages_own(tmp_path: Path) -> None:
    write(tmp_path, locale="en-GB")
    assert "**广告**: 书友会" in (notice(*at(tmp_path, "hall")) or "")


def test_a_file_is_the_notice_for_every_group(tmp_path: Path) -> None:
    write(tmp_path, notice="{file: wall.md}")
    (tmp_path / "wall.md").write_bytes("\ufeff# {group}\r\n\r\n- **一**\r\n- [二](https://a.example)\r\n".encode())
    assert notice(*at(tmp_path, "bare")) == "# 空地\n\n- **一**\n- [二](https://a.example)"
    assert notice_plain(*at(tmp_path, "bare")) == "空地\n\n- 一\n- 二 https://a.example"


@pytest.mark.parametrize(
    ("platform", "group", "path", "begins"),
    [
        ("wechat", "lobby", "welcome.variants.0", "欢迎 {member}！先看群公告"),
        ("matrix", "lobby", "welcome", "欢迎 {member}！\n1. 先看置顶"),
        ("matrix", "vip-lounge", "welcome.variants.1", "{member}，欢迎来到会客厅"),
        # Both variants fit: the one that names the group knows more of it.
        ("wechat", "vip-lounge", "welcome.variants.1", "{member}，欢迎来到会客厅"),
    ],
)
def test_the_welcome_that_fits_best(tmp_path: Path, platform: str, group: str, path: str, begins: str) -> None:
    story(tmp_path, "pet-club", platform)
    found = welcome(*at(tmp_path, group))
    assert found is not None
    assert found.path == path
    assert found.text.startswith(begins)
    assert (found.attachments_path, len(found.attachments)) == ("welcome", 1)


@pytest.mark.parametrize(
    ("group", "path", "attachments"),
    [
        ("district/north", "welcome.variants.1", "welcome.variants.1"),
        ("district/south", "welcome.variants.2", "welcome"),
        ("hall", "welcome", "welcome"),
    ],
)
def test_a_variant_for_one_copy_comes_first(tmp_path: Path, group: str, path: str, attachments: str) -> None:
    everything(tmp_path, "wechat")
    found = welcome(*at(tmp_path, group))
    assert found is not None
    assert (found.path, found.attachments_path) == (path, attachments)


def test_titles_in_a_container_and_without_one(tmp_path: Path) -> None:
    everything(tmp_path, "wechat", deployment=", title_suffix: ' (test)'")
    deployment, group = at(tmp_path, "district/north")
    assert container_title(deployment) == "Everything (test)"
    assert group_title(deployment, group) == "District North (test)"
    assert flat_title(deployment, group) == "District North (Everything) (test)"
    write(tmp_path / "other")
    assert flat_title(*at(tmp_path / "other", "hall")) == "书友会·大厅"


LINES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\u00a0\u2000\u3000\ufeff"),
    min_size=1,
    max_size=40,
)


@given(LINES)
@example("1. one")
@example("# #1 *a* _b_ `c` [d](e) <f> &amp; ~~g~~ \\h")
@example("- x")
@example("+ x")
@example("> x")
@example("===")
@example("12) x")
@example("a_b_c __d__")
@example("![x](y)")
@example("http://a.example/x_y_z")
def test_escaped_words_read_as_they_are_written(text: str) -> None:
    assert plain(escape(text.strip())) == text.strip()


@given(LINES, LINES)
def test_a_rule_stays_one_rule_whatever_its_title_says(title: str, text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"1. **{escape(title.strip())}**：x\n2. **{escape(text.strip())}**：y")
    assert sum(token.type == "list_item_open" for token in tokens) == 2
