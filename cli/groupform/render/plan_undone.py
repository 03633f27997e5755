"""Owns what an undo says beside its changes: what it takes back, what does not come back, what else to revert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from groupform.engine.plan import Reason, Undone, UndoneApply
from groupform.render.terminal import Terminal, clean

_ALIKE = 3
"""So many sentences of one kind are printed; more are counted."""
_COMMITS = 10
_SHORT = 10


def show_undone(terminal: Terminal, undone: Undone) -> None:
    """Prints which applies are taken back, before the changes."""
    for each in heading(terminal, undone):
        terminal.line(each, indent=2, hanging=2, style="note")


def show_lost(terminal: Terminal, undone: Undone) -> None:
    """Prints, after the changes, what does not come back, and what to revert in the files."""
    lost = list(sentences(terminal, undone.lost))
    if lost:
        terminal.line()
        terminal.line(terminal.say("undo-lost-title"), indent=2, hanging=2, style="caution")
        for each in lost:
            terminal.line(f"{terminal.glyph('·')} {each}", indent=4, hanging=2)
    terminal.line()
    show_revert(terminal, undone)


def show_revert(terminal: Terminal, undone: Undone) -> None:
    """Prints the commits to revert."""
    for number, each in enumerate(revert(terminal, undone)):
        terminal.line(clean(each), indent=4 if number else 2, hanging=2, style="" if number else "note")


def heading(terminal: Terminal, undone: Undone) -> Iterator[str]:
    """Where the undo goes, and what it takes back."""
    if not undone.applies:
        yield terminal.say("undo-goes-to", serial=undone.serial)
        return
    shown = undone.applies[:_ALIKE]
    for each in shown:
        yield _taken_back(terminal, each)
    if len(shown) < len(undone.applies):
        yield terminal.count("undo-more-applies", len(undone.applies) - len(shown))


def sentences(terminal: Terminal, lost: Iterable[Reason]) -> Iterator[str]:
    """What does not come back: the first few of each kind, and how many more there are."""
    kinds: dict[str, list[Reason]] = {}
    for each in lost:
        kinds.setdefault(each.code, []).append(each)
    for of_kind in kinds.values():
        for each in of_kind[:_ALIKE]:
            yield terminal.say(each.code, **each.params)
        if len(of_kind) > _ALIKE:
            yield terminal.count("undo-more-alike", len(of_kind) - _ALIKE)


def revert(terminal: Terminal, undone: Undone) -> Iterator[str]:
    """What to do with the files: the sentence first, then a line a commit."""
    if undone.commits:
        yield terminal.count("undo-revert", len(undone.commits))
        for each in undone.commits[:_COMMITS]:
            yield f"{each.id[:_SHORT]} {each.subject}"
        if len(undone.commits) > _COMMITS:
            rest = len(undone.commits) - _COMMITS
            yield terminal.count("undo-more-commits", rest, old=undone.commit_from, new=undone.commit_to)
        if any(each.dirty for each in undone.applies):
            yield terminal.say("undo-revert-dirty")
    elif any(each.dirty for each in undone.applies) or undone.commit_to is None:
        yield terminal.say("undo-revert-files")
    elif undone.commit_from is not None and undone.commit_from == undone.commit_to:
        yield terminal.say("undo-revert-none", commit=undone.commit_from[:_SHORT])
    else:
        yield terminal.say("undo-revert-up-to", commit=undone.commit_to[:_SHORT])


def _taken_back(terminal: Terminal, each: UndoneApply) -> str:
    code = "undo-takes-back" if each.undo is None else "undo-takes-back-undo"
    return terminal.say(code, when=each.when, who=each.who)
