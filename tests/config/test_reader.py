"""What the reader makes of good and of broken text, with both parsers."""

from __future__ import annotations

import pytest
import yaml

from groupform.config.diagnostics import Diagnostics
from groupform.config.reader import MAX_BYTES, Node, read
from groupform.config.source import Source
from groupform.config.yaml_problems import explain

BOTH = pytest.mark.parametrize("fast", [True, False], ids=["libyaml", "python"])


def _read(text: str | bytes, *, fast: bool = True) -> tuple[object, list[tuple[str, str]]]:
    found = Diagnostics()
    data = text.encode() if isinstance(text, str) else text
    done = read(data, "f", found, fast=fast)
    return (done[1].plain() if done else None), [(each.code, f"{each.span.line}:{each.span.column}") for each in found]


@BOTH
def test_scalars_stay_what_was_typed(fast: bool) -> None:
    text = "a: 0012\nb: no\nc: 1e5\nd: 2026-12-12\ne: 20:00\nf:\ng: ''\nh: ~\ni: '20:00'\n"
    data, found = _read(text, fast=fast)
    assert found == []
    assert data == {
        "a": "0012", "b": "no", "c": "1e5", "d": "2026-12-12", "e": "20:00",
        "f": None, "g": "", "h": "~", "i": "20:00",
    }  # fmt: skip


@BOTH
def test_urls_and_times_stand_in_flow_mappings(fast: bool) -> None:
    data, found = _read("a: {at: 18:00, u: https://x.example/y, v: '${env:X:-http://y}'}\n", fast=fast)
    assert (data, found) == ({"a": {"at": "18:00", "u": "https://x.example/y", "v": "${env:X:-http://y}"}}, [])


@BOTH
def test_places_count_characters_behind_wide_ones(fast: bool) -> None:
    found = Diagnostics()
    done = read("\ufeff标题: {键: 大厅, b: 是}\r\n# x\r\nc: [1, 二]\r\n".encode(), "f", found, fast=fast)
    assert done is not None
    source, root = done
    assert _where(source, _at(root, "标题", "b")) == ("f:1:16", "f:1:13")
    assert _where(source, _at(root, "c")) == ("f:3:4", "f:3:1")
    assert source.line(1) == "标题: {键: 大厅, b: 是}"


def _at(node: Node, *keys: str) -> Node:
    for key in keys:
        assert isinstance(node.value, dict)
        node = node.value[key]
    return node


def _where(source: Source, node: Node) -> tuple[str, str]:
    return str(source.span(node.start, node.end)), str(source.span(node.key_start, node.key_end))


@BOTH
def test_aliases_and_merges(fast: bool) -> None:
    data, found = _read("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: *a\nd: {x: 9, <<: [*a]}\n", fast=fast)
    assert found == []
    assert data == {"a": {"x": "1"}, "b": {"y": "2", "x": "1"}, "c": {"x": "1"}, "d": {"x": "9"}}


def test_both_parsers_answer_alike_on_every_reference_file(reference_texts: dict[str, str]) -> None:
    for name, text in reference_texts.items():
        assert _read(text, fast=True) == _read(text, fast=False), name


BROKEN = {
    "fullwidth colon": ("a: 1\nb：2\n", "fullwidth-colon", "2:2"),
    "fullwidth comma in a flow mapping": ("a: {key: m，title: x}\n", "fullwidth-comma", "1:11"),
    "fullwidth space behind a colon": ("a:　大厅\nb: 1\n", "fullwidth-space", "1:3"),
    "fullwidth hash": ("a: 1\n＃ x\nb: 2\n", "fullwidth-hash", "2:1"),
    "placeholder": ("a: {store}福利群\n", "placeholder-unquoted", "1:4"),
    "placeholder in flow": ("a: {title: {store}群}\n", "placeholder-unquoted", "1:12"),
    "tab": ("a:\n\tb: 1\n", "yaml-tab", "2:1"),
    "tab after spaces": ("a:\n  b: 1\n\tc: 2\n", "yaml-tab", "3:1"),
    "open quote": ('a: 1\nb: "x\nc: d\n', "yaml-quote-not-closed", "2:4"),
    "open list": ("a: [b, c\nd: 1\n", "yaml-list-not-closed", "2:2"),
    "two colons": ("a: b: c\n", "yaml-colon-not-allowed", "1:5"),
    "at sign": ("a: @x\n", "yaml-character", "1:4"),
    "indent": ("a:\n  b: 1\n c: 2\n", "yaml-indent", "3:2"),
    "unknown anchor": ("a: *x\n", "unknown-anchor", "1:4"),
    "anchor in itself": ("a: &a [*a]", "anchor-inside-itself", "1:8"),
    "two documents": ("a: 1\n---\nb: 2\n", "several-documents", "2:1"),
    "key is a list": ("? [a]\n: b\n", "key-not-text", "1:3"),
    "duplicate": ("a: 1\nb: 2\na: 3\n", "duplicate-key", "3:1"),
    "tag": ("a: !!int 1\n", "tag-not-allowed", "1:4"),
    "merge of text": ("a: {<<: 3}\n", "merge-not-mapping", "1:9"),
    "nothing": ("", "file-empty", "1:1"),
    "comments": ("# x\n\n", "file-only-comments", "1:1"),
    "list": ("- a\n", "root-is-list", "1:1"),
    "words": ("hello\n", "root-is-text", "1:1"),
    "null byte": ("a: b\x00\n", "forbidden-character", "1:5"),
    "deep": ("a: " + "[" * 100, "too-deep", "1:67"),
}


@BOTH
def test_every_sign_is_told(fast: bool) -> None:
    colons = _read("a：1\nb：2\n", fast=fast)[1]
    assert colons == [("fullwidth-colon", "1:2"), ("fullwidth-colon", "2:2")]
    braces = _read("a: ｛b: 1｝\n", fast=fast)[1]
    assert braces == [("fullwidth-bracket", "1:4"), ("fullwidth-bracket", "1:9")]


@BOTH
@pytest.mark.parametrize("name", BROKEN)
def test_broken_text_is_told_by_its_cause(name: str, fast: bool) -> None:
    text, code, place = BROKEN[name]
    assert _read(text, fast=fast)[1] == [(code, place)]


def test_what_was_begun_elsewhere_is_a_second_place() -> None:
    found = Diagnostics()
    read(b"a: 1\nb: 2\na: 3\n", "f", found)
    assert [(code, str(span)) for each in found for code, span in each.related] == [("first-here", "f:1:1")]


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        ("a: 大厅\n".encode("utf-16"), "encoding-not-utf8", {"encoding": "UTF-16"}),
        ("a: 1\nbcd: x\n".encode("utf-16-le"), "encoding-not-utf8", {"encoding": "UTF-16"}),
        ("a: 大厅\n".encode("gb18030"), "encoding-not-utf8", {"encoding": "GB18030"}),
        (b"a: 1\nb: \xff\xff\n", "encoding-broken", {"byte": "0xff"}),
        (b" " * (MAX_BYTES + 1), "file-too-large", {"size": 10240, "limit": 10240}),
    ],
)
def test_bytes_that_are_no_text(data: bytes, code: str, words: dict[str, object]) -> None:
    found = Diagnostics()
    assert read(data, "f", found) is None
    (only,) = found
    assert only.code == code
    assert only.span is not None
    assert words.items() <= dict(only.params).items()


def test_an_alias_bomb_is_stopped_before_it_grows() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    assert _read(bomb) == (None, [("alias-bomb", "6:8")])


def test_a_chain_of_aliases_cannot_go_deeper_than_nesting() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{each}: &a{each} [*a{each - 1}]\n" for each in range(1, 300))
    assert [code for code, _ in _read(chain)[1]] == ["too-deep"]


@pytest.mark.parametrize("text", ["a: [" + "\n" * 40_000, "a: \n" + "<<<<<<< x\n" * 6_000, "a: " + "'x\n" * 20_000])
def test_a_long_broken_text_is_explained_line_by_line(text: str) -> None:
    """What explains a failure walks over the text once: each character is looked at a bounded number of times."""
    found = Diagnostics()
    sliced = 0

    class Counted(str):
        def __getitem__(self, at: object) -> str:
            nonlocal sliced
            part = str.__getitem__(self, at)  # type: ignore[index]
            sliced += len(part)
            return part

    made = Source("f", Counted(text))
    with pytest.raises(yaml.YAMLError) as refused:
        list(yaml.parse(text, Loader=yaml.CLoader))
    explain(refused.value, made, found)
    assert len(found) == 1
    assert sliced < 20 * len(text)
