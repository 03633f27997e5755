"""Turns the text of one YAML file into a tree of nodes that know where they stand, at 5 MB/s or more.

The loop runs over libyaml's event stream: bare events come at some 15 MB/s, this tree at 7, PyYAML's compose() at 2.6,
ruamel's round trip at 0.2 (config/README.md). Nodes keep character offsets only; lines and columns are computed when a
diagnostic asks (`Source`). Scalars stay raw text: `no`, `0012` and `2026-12-12` are what was typed, plain or quoted;
only an empty plain scalar is None. What each field makes of its text is the model's business.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, Union

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from groupform.config.diagnostics import Diagnostics
from groupform.config.mending import MAX_MENDS, MAX_READ, Mended, mend_of
from groupform.config.punctuation import Suspect
from groupform.config.source import Source
from groupform.config.yaml_problems import decode, explain, refuse_characters

# Absent where PyYAML was built without libyaml: the pure Python parser is slower, with the same events.
_FAST: Any = getattr(getattr(yaml, "cyaml", None), "CParser", None)

MAX_DEPTH = 64
MAX_ALIASED = 100_000
MAX_BYTES = 10 * 1024 * 1024

Value = Union[str, None, "list[Node]", "dict[str, Node]"]
Plain = Any


class _Stop(Exception):  # noqa: N818 - a way out of the loop, never seen outside this module
    """Ends the reading of a file whose finding is already recorded."""


class Node:
    """One value of a file: text, None, a list of nodes, or a mapping from key text to node.

    `start` and `end` are character offsets. Inside a mapping `key_start` and `key_end` are those of its key, else -1.
    """

    __slots__ = ("end", "key_end", "key_start", "start", "value")

    def __init__(self, value: Value, start: int, end: int, key_start: int = -1, key_end: int = -1) -> None:
        self.value = value
        self.start = start
        self.end = end
        self.key_start = key_start
        self.key_end = key_end

    def below(self) -> list[Node]:
        """The nodes directly inside a mapping or a list."""
        if type(self.value) is dict:
            return list(self.value.values())
        return self.value if type(self.value) is list else []

    def plain(self) -> Plain:
        """The same as bare dicts, lists, texts and None: what a model validates."""
        value = self.value
        if type(value) is dict:
            return {key: each.value if type(each.value) is str else each.plain() for key, each in value.items()}
        if type(value) is list:
            return [each.value if type(each.value) is str else each.plain() for each in value]
        return value


def read(data: bytes, file: str, found: Diagnostics, *, fast: bool = True) -> tuple[Source, Node] | None:
    """Reads one YAML document.

    Takes the bytes of a file and its name for diagnostics; `fast=False` forces the pure Python parser. Returns the text
    and its root, always a mapping; or None when there is nothing to go on with, and then `found` holds an error.
    Duplicate keys, tags and the like are errors too, but reading goes on so that the rest of the file is checked in the
    same run. Never raises.
    """
    if len(data) > MAX_BYTES:
        found.add("file-too-large", **_whole(file), size=len(data) // 1024, limit=MAX_BYTES // 1024)
        return None
    text = decode(data, file, found)
    if text is None:
        return None
    source = Source(file, text)
    if not refuse_characters(source, found):
        return None
    return _read_on(source, found, fast=fast)


def _read_on(source: Source, found: Diagnostics, *, fast: bool) -> tuple[Source, Node] | None:
    """Reads, mends what has a certain cure, and reads again, until the text is a tree or nothing more can be told."""
    sure, mended, work = True, set[int](), 0
    for attempt in range(MAX_MENDS):
        work += len(source.text)
        trial = Diagnostics()
        suspect: Suspect | None = None
        try:
            with without_gc():
                root = _Tree(source, trial).build(parser(source.text, fast=fast))
            if root is not None and type(root.value) is dict:
                found.extend(trial)
                return (source, root) if sure else None
            suspect = _refuse_root(root, source, trial)
        except _Stop:
            found.extend(trial)
            return None
        except yaml.YAMLError as problem:
            said = Diagnostics()
            suspect = explain(problem, source, said)
            trial = said if suspect else Diagnostics([*trial, *said])
        except RecursionError:  # the pure Python scanner recurses where ours does not
            trial.add("too-deep", **_whole(source.file), limit=MAX_DEPTH)
        # On a line that was mended already, what follows may come of the mending; after a guess, anything may.
        mine = suspect is not None and (sure or suspect.code.startswith("fullwidth"))
        found.extend(
            each
            for each in trial
            if not attempt or mine or (sure and (each.span is None or each.span.line not in mended))
        )
        mend = mend_of(source.text, suspect) if suspect is not None and work < MAX_READ else None
        if mend is None:
            return None
        mended.add(source.position(mend.start)[0])
        sure = sure and mend.sure
        source = Mended.of(source, mend)
    return None


def _whole(file: str) -> dict[str, Any]:
    return {"span": Source(file, "").span(0, 0)}


def parser(text: str, *, fast: bool = True) -> Any:
    """The source of events: libyaml's where it is there."""
    if fast and _FAST is not None:
        return _FAST(text)
    return yaml.Loader(text)


@contextmanager
def without_gc() -> Iterator[None]:
    """Nodes hold no cycles; letting the collector walk a growing tree again and again costs a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _refuse_root(root: Node | None, source: Source, found: Diagnostics) -> Suspect | None:
    """Records why a text is no file of ours; returns the sign to blame where there is one."""
    if root is None or root.value is None:
        found.add("file-only-comments" if source.text.strip() else "file-empty", **_whole(source.file))
        return None
    span = source.span(root.start, root.start + 1)
    if type(root.value) is str and "：" in root.value:
        at = source.text.index("：", root.start)
        span = source.span(at, at + 1)
        found.add("fullwidth-colon", span=span, source_line=source.line(span.line))
        return Suspect("fullwidth-colon", at, at + 1)
    code = "root-is-list" if type(root.value) is list else "root-is-text"
    found.add(code, span=span, source_line=source.line(span.line))
    return None


class _Tree:
    """The loop over events, with an explicit stack: nesting cannot overflow Python's own."""

    def __init__(self, source: Source, found: Diagnostics) -> None:
        self.source = source
        self.found = found
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._heights: dict[int, int] = {}
        self._aliased = 0
        self._merges: list[tuple[dict[str, Node], Node]] = []

    def build(self, parser: Any) -> Node | None:
        """The root node, or None for a document without content. Raises yaml.YAMLError and _Stop."""
        get = parser.get_event
        marked = "&" in self.source.text or "!" in self.source.text  # else no event can carry an anchor or a tag
        holder = Node([], 0, 0)
        node = holder
        container: Any = holder.value
        stack: list[tuple[Node, str, bool, int, str | None, Any]] = []
        mapping = False
        key: str | None = None
        key_start = key_end = -1
        count = 0
        event = get()
        while event is not None:
            kind = type(event)
            if kind is ScalarEvent:
                count += 1
                start = event.start_mark.index
                end = event.end_mark.index
                text: str | None = event.value
                if marked and event.tag:
                    self._tag(event, start)
                if mapping and key is None:
                    # Only a bare `<<` merges: in quotes it is a key like any other (and an unknown one).
                    key = text if text != "<<" or event.implicit[0] else '"<<"'
                    key_start = start
                    key_end = end
                    if marked and event.anchor:
                        self._anchors[event.anchor] = Node(text, start, end), 1
                else:
                    leaf = Node(text if text or not event.implicit[0] else None, start, end, key_start, key_end)
                    if marked and event.anchor:
                        self._anchors[event.anchor] = leaf, 1
                    if not mapping:
                        container.append(leaf)
                    else:
                        if key in container or key == "<<":
                            self._repeat(container, str(key), leaf)
                        else:
                            container[key] = leaf
                        key = None
                        key_start = key_end = -1
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                count += 1
                start = event.start_mark.index
                if mapping and key is None:
                    self._stop("key-not-text", start)
                if len(stack) >= MAX_DEPTH:
                    self._stop("too-deep", start, limit=MAX_DEPTH)
                if marked and event.tag:
                    self._tag(event, start)
                if marked and event.anchor:
                    self._anchors[event.anchor] = None
                stack.append((node, key or "", mapping, count + self._aliased, event.anchor, container))
                mapping = kind is MappingStartEvent
                container = {} if mapping else []
                node = Node(container, start, start, key_start, key_end)
                key = None
                key_start = key_end = -1
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                node.end = event.end_mark.index
                closed = node
                node, name, mapping, before, anchor, container = stack.pop()
                if anchor:
                    self._anchors[anchor] = closed, count + self._aliased - before + 1
                if not mapping:
                    container.append(closed)
                elif name in container or name == "<<":
                    self._repeat(container, name, closed)
                else:
                    container[name] = closed
            elif kind is AliasEvent:
                start = event.start_mark.index
                end = event.end_mark.index
                target = self._target(event.anchor, start, end, len(stack))
                if not mapping:
                    container.append(Node(target.value, start, end))
                elif key is None:
                    if type(target.value) is not str:
                        self._stop("key-not-text", start)
                    key, key_start, key_end = str(target.value), start, end
                else:
                    alias = Node(target.value, start, end, key_start, key_end)
                    if key in container or key == "<<":
                        self._repeat(container, str(key), alias)
                    else:
                        container[key] = alias
                    key = None
                    key_start = key_end = -1
            elif kind is DocumentStartEvent and holder.value:
                self._stop("several-documents", event.start_mark.index)
            event = get()
        self._apply_merges()
        return container[0] if container else None

    def _refuse(self, code: str, start: int, end: int, **params: Any) -> None:
        span = self.source.span(start, end)
        self.found.add(code, span=span, source_line=self.source.line(span.line), **params)

    def _stop(self, code: str, start: int, **params: Any) -> NoReturn:
        self._refuse(code, start, start + 1, **params)
        raise _Stop

    def _tag(self, event: Any, start: int) -> None:
        # The mark of a tagged node is the tag's own start.
        self._refuse("tag-not-allowed", start, start + 1, tag=event.tag)

    def _repeat(self, container: dict[str, Node], key: str, node: Node) -> None:
        """A key that stands already, or a merge, which is put off until all explicit keys are known."""
        if key == "<<":
            self._merges.append((container, node))
            return
        first = container[key]
        span = self.source.span(node.key_start, node.key_end)
        self.found.add(
            "duplicate-key",
            span=span,
            source_line=self.source.line(span.line),
            related=(("first-here", self.source.span(first.key_start, first.key_end)),),
            key=key,
        )

    def _target(self, anchor: str, start: int, end: int, depth: int) -> Node:
        if anchor not in self._anchors:
            self._refuse("unknown-anchor", start, end, name=anchor)
            raise _Stop
        known = self._anchors[anchor]
        if known is None:
            self._refuse("anchor-inside-itself", start, end, name=anchor)
            raise _Stop
        target, size = known
        if depth + self._height(target) > MAX_DEPTH:
            self._stop("too-deep", start, limit=MAX_DEPTH)
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            self._refuse("alias-bomb", start, end, limit=MAX_ALIASED)
            raise _Stop
        return target

    def _height(self, node: Node) -> int:
        """How deep a value goes; remembered per value, or a chain of aliases would be walked once for every link."""
        value = node.value
        if type(value) is not dict and type(value) is not list:
            return 0
        known = self._heights.get(id(value))
        if known is None:
            known = 1 + max((self._height(each) for each in node.below()), default=0)
            self._heights[id(value)] = known
        return known

    def _apply_merges(self) -> None:
        """Fills merged keys in behind the explicit ones; among several sources the first one wins."""
        for container, node in self._merges:
            sources = node.value if type(node.value) is list else [node]
            for each in sources:
                if type(each.value) is not dict:
                    self._refuse("merge-not-mapping", node.start, node.end)
                    break
                for key, value in list(each.value.items()):
                    container.setdefault(key, value)
