"""Owns how a state that is put right is shown: what was found again, what is open, what nobody manages."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from groupform.engine.rebuild import Rebuilt
from groupform.engine.settle import Question, Verdict
from groupform.engine.strays import Stray, Strays
from groupform.render.plan_view import short_address
from groupform.render.terminal import Terminal, clean, print_wrapped
from groupform.state.document import Progress


def show_rebuilt(terminal: Terminal, rebuilt: Rebuilt) -> None:
    """Prints each object that was found again, and what was not."""
    document = rebuilt.document
    head = "rebuild-head" if rebuilt.marked else "rebuild-head-by-sight"
    terminal.line(terminal.say(head, deployment=document.deployment, lineage=document.lineage), style="head", hanging=2)
    for address, each in document.bindings.items():
        _object(terminal, short_address(address), each.label, each.id)
    for resource, taken in rebuilt.doubtful:
        why = terminal.say(taken.reason, **taken.params)
        text = terminal.say("rebuild-doubtful", label=resource.label, address=str(resource.address), why=why)
        terminal.line(text, hanging=2, style="caution")
    for code, resources in (
        ("rebuild-adopted", rebuilt.adopted),
        ("rebuild-missing", rebuilt.missing),
        ("rebuild-unlisted", rebuilt.unlisted),
        ("rebuild-unread", rebuilt.unread),
    ):
        if resources:
            names = terminal.say("list-comma").join(each.label for each in resources)
            terminal.line(terminal.count(code, len(resources), names=names), hanging=2, style="caution")
    if rebuilt.undeclared:
        terminal.line(terminal.count("rebuild-undeclared", len(rebuilt.undeclared)), hanging=2, style="caution")
        for stray in rebuilt.undeclared:
            _object(terminal, stray.type, stray.label, stray.id)


def show_progress(terminal: Terminal, deployment: str, progress: Progress | None, bound: int) -> None:
    """Prints where the last apply of a deployment stopped, if it did."""
    if progress is None:
        return
    code = f"recover-why-{progress.stopped}" if progress.stopped else "recover-why-cut-off"
    why = terminal.say(code if terminal.words.has(code) else "recover-why-other")
    text = terminal.say("recover-stopped", deployment=deployment, when=progress.started_at, why=why, bound=bound)
    terminal.line(text, hanging=2, style="caution")


def show_question(terminal: Terminal, question: Question, platform: str = "") -> None:
    """Prints what is known of one open creation, and what happens to it.

    A provider may word `<platform>-recover-<type>` where nobody can look up the id of such an object.
    """
    words = {"label": question.label, "address": question.address, "sent_at": question.intent.sent_at}
    text = terminal.say(f"recover-{question.verdict.value}", **words, id=question.id or "")
    terminal.line(text, indent=2, hanging=2, style="alarm" if question.for_people else "")
    if question.code is not None:
        terminal.line(terminal.say(question.code, **question.params), indent=4, hanging=2, style="faint")
    if question.verdict in (Verdict.taken, Verdict.unknown, Verdict.lost, Verdict.undeclared):
        own = f"{platform}-recover-{question.intent.type}"
        # What was found in its place has an id that stands right there.
        how = own if question.verdict is not Verdict.taken and terminal.words.has(own) else "recover-how"
        terminal.line(terminal.say(how, address=question.address), indent=4, hanging=2, style="note")


def show_strays(terminal: Terminal, found: Iterable[Strays]) -> None:
    """Prints, connection by connection, what no state names."""
    for number, each in enumerate(found):
        if number:
            terminal.line()
        terminal.line(Text.assemble((clean(each.connection), "head"), f"  {clean(each.platform)}"))
        if not each.strays:
            terminal.line(terminal.say("unmanaged-none"), indent=2, style="good")
        for stray in each.strays:
            _stray(terminal, stray)
        if each.elsewhere:
            terminal.line(terminal.count("unmanaged-elsewhere", each.elsewhere), indent=2, hanging=2, style="faint")
        if any(stray.lost_by for stray in each.strays):
            terminal.line(terminal.say("unmanaged-lost-how"), indent=2, hanging=2, style="note")


def _stray(terminal: Terminal, stray: Stray) -> None:
    note = terminal.say("unmanaged-lost", deployment=stray.lost_by) if stray.lost_by else ""
    if stray.people:
        note = "  ".join(filter(None, (terminal.count("unmanaged-people", stray.people), note)))
    _object(terminal, stray.type, stray.label, stray.id, note)


def _object(terminal: Terminal, what: str, label: str, object_id: str, note: str = "") -> None:
    text = Text.assemble(clean(what), "  ", clean(label), "  ", (clean(object_id), "faint"))
    if note:
        text.append(f"  {clean(note)}", style="note")
    # Ids are for copying: they are never broken.
    print_wrapped(terminal.out, text, indent=2, verbatim=True)
