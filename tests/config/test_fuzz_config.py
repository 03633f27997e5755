"""Whatever the bytes are: never an exception, always a place, and a project only where there is no error."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupform.config.diagnostics import Diagnostics, Severity
from groupform.config.load import load_project
from groupform.config.reader import read
from groupform.config.tables import read_table
from groupform.messages import LANGUAGES, Catalogue

ROOT = Path(__file__).resolve().parents[2]
BASES = (
    ROOT / "tests" / "golden" / "diagnostics" / "base",
    ROOT / "examples" / "pet-club",
    ROOT / "examples" / "store-coupons",
)
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
ENVIRON = dict.fromkeys(("TOKEN", "SECRET", "MATRIX_ACCESS_TOKEN", "DISCORD_BOT_TOKEN", "WECOM_SECRET"), "s")

PROFILE = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
SIGNS = "：，、＃－“”‘’【】｛｝［］　％０９{}[]:,#&*!|>'\"%@`-\t\n\r\\\x00\x7f\u2028\ufeff \u3000~?"
# fmt: off
VALUES = (
    "", "[]", "{}", "[[]]", "x", "''", "[x]", "{x: y}", "{store}", "１２", "-1", "99999999999999999999", "~", "大厅",
    "*", "'{owner}'", "'${env:A}'", "'${'", "../x", "/etc/passwd", "2026-02-30", "24:00", "FREQ=", "[，]", "{：}",
)
# fmt: on
LETTERS = st.text(alphabet=st.sampled_from(SIGNS + "abc大厅01"), min_size=0, max_size=12)


def _sound(found: Diagnostics, *, texts: dict[str, str] | None = None) -> None:
    for each in found:
        assert each.severity is not Severity.error or each.span is not None, each
        for lang in LANGUAGES:
            assert Catalogue(lang).text(each.code, **each.params) != each.code, each.code
        if each.span is not None and texts is not None and each.span.file in texts:
            lines = texts[each.span.file].count("\n") + texts[each.span.file].count("\r") + 1
            assert 1 <= each.span.line <= lines
            assert each.span.column >= 1
            assert (each.span.end_line, each.span.end_column) > (each.span.line, each.span.column)


@PROFILE
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    for fast in (True, False):
        found = Diagnostics()
        done = read(data, "f", found, fast=fast)
        assert (done is None) <= found.failed
        _sound(found)
    found = Diagnostics()
    read_table(data, "f.csv", found, key="id")
    _sound(found)


@PROFILE
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b-1", "- ", "  ", "\n", ": ", "? ", "{", "[", "&x ", "*x", "<<"]), LETTERS)
    )
)
def test_any_soup_of_yaml(parts: list[tuple[str, str]]) -> None:
    text = "".join(word + more for word, more in parts)
    found = Diagnostics()
    done = read(text.encode("utf-8", "replace"), "f", found)
    assert (done is None) <= found.failed
    _sound(found, texts={"f": text.removeprefix("\ufeff")})
    if done is not None:
        source, root = done
        waiting = [root]
        while waiting:
            node = waiting.pop()
            assert 0 <= node.start <= node.end <= len(source.text)
            waiting += node.below()
        root.plain()


def _texts(base: Path, *kinds: str) -> dict[str, str]:
    files = sorted(each for kind in kinds for each in base.rglob(kind))
    return {each.relative_to(base).as_posix(): each.read_text(encoding="utf-8") for each in files}


@st.composite
def _mutated(draw: st.DrawFn) -> tuple[Path, dict[str, str]]:
    """A sound project with a few edits of the kind that people and programs make."""
    base = draw(st.sampled_from(BASES))
    texts = _texts(base, "*.yaml", "*.csv")
    for _ in range(draw(st.integers(1, 3))):
        file = draw(st.sampled_from(sorted(texts)))
        texts[file] = draw(_edit(texts[file]))
    return base, texts


@st.composite
def _edit(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = draw(st.integers(0, len(lines) - 1))
    kind = draw(
        st.sampled_from(["cut", "double", "move", "sign", "drop", "insert", "swap", "dedent", "keyboard", "end"])
    )
    line = lines[at]
    where = draw(st.integers(0, max(len(line) - 1, 0)))
    if kind == "cut":
        del lines[at]
    elif kind == "double":
        lines.insert(at, line)
    elif kind == "move":
        lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
    elif kind == "sign":
        lines[at] = line[:where] + draw(st.sampled_from(SIGNS)) + line[where + 1 :]
    elif kind == "drop":
        lines[at] = line[:where] + line[where + 1 :]
    elif kind == "insert":
        lines[at] = line[:where] + draw(LETTERS) + line[where:]
    elif kind == "swap":
        other = draw(st.integers(0, len(lines) - 1))
        first, second = line.partition(":"), lines[other].partition(":")
        lines[at], lines[other] = first[0] + ":" + second[2], second[0] + ":" + first[2]
    elif kind == "dedent":
        lines[at] = line[1:] if line.startswith(" ") else " " + line
    elif kind == "keyboard":
        lines[at] = line.translate(str.maketrans(":,#- {}", "：，＃－　｛｝"))
    else:
        return "".join(lines[:at]) + line[:where]
    return "".join(lines)


def _load(base: Path, texts: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(base, Path(name) / "p"))
        for file, text in texts.items():
            (folder / file).write_bytes(text.encode("utf-8", "replace"))
        loaded = load_project(folder, environ=ENVIRON, now=NOW, platforms=("matrix",))
        assert (loaded.project is None) == loaded.diagnostics.failed
        _sound(loaded.diagnostics, texts=texts)


@PROFILE
@given(_mutated())
def test_any_edit_of_a_project(made: tuple[Path, dict[str, str]]) -> None:
    _load(*made)


@PROFILE
@given(st.data())
def test_any_value_in_any_place(data: st.DataObject) -> None:
    """Any scalar, list or mapping of a project is replaced by something of another shape."""
    base = data.draw(st.sampled_from(BASES))
    texts = _texts(base, "*.yaml")
    file = data.draw(st.sampled_from(sorted(texts)))
    found = Diagnostics()
    done = read(texts[file].encode(), file, found)
    assert done is not None
    source, nodes = done[0], [done[1]]
    for node in nodes:
        nodes += node.below()
    node = data.draw(st.sampled_from(nodes[1:]))
    value = data.draw(st.sampled_from(VALUES))
    _load(base, {**texts, file: source.text[: node.start] + value + source.text[node.end :]})
