"""Owns steps as GitHub-flavoured Markdown: a checklist in batches, old and new texts beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groupform.engine.plan import Step
from groupform.render.markdown_marks import code, escape, fence
from groupform.render.side_by_side import pairs
from groupform.render.step_batches import Batch, batches
from groupform.render.step_words import (
    brief,
    day,
    differs,
    further,
    headline,
    pasted,
    purpose,
    text_title,
    told_by,
    where_and_how,
    who_and_what,
    without_name,
)
from groupform.render.terminal import Terminal, clean


def checklist(terminal: Terminal, steps: Sequence[Step], *, ticketed: bool = False) -> Iterator[str]:
    """Blocks of Markdown, one a batch. With `ticketed` each step carries what `steps import` knows it by."""
    for number, each in enumerate(batches(steps), 1):
        if len(each.steps) == 1:
            yield _step(terminal, each.steps[0], ticketed)
        else:
            yield _batch(terminal, number, each, ticketed)


def page_markdown(terminal: Terminal, name: str, steps: Sequence[Step], *, issue: bool = False) -> str:
    """One person's list as a document; as the body of an issue it has no heading of its own."""
    parts = [] if issue else [f"# {escape(terminal.say('page-title', who=name or terminal.say('page-nobody')))}"]
    parts.append(escape(terminal.count("page-count", len(steps))))
    parts.extend(checklist(terminal, steps, ticketed=True))
    parts.append(f"<sub>{escape(terminal.say('markdown-import'))}</sub>")
    return "\n\n".join(parts) + "\n"


def _batch(terminal: Terminal, number: int, batch: Batch, ticketed: bool) -> str:
    who = escape(terminal.say("steps-who", who=batch.name)) if batch.name else ""
    lines = [f"**{number}. {who}{escape(headline(terminal, batch))}**"]
    how = where_and_how(terminal, batch.steps[0]) if batch.alike else None
    if how:
        lines.append(escape(how))
    if batch.same_text:
        lines.append(f"{escape(text_title(terminal, batch.steps[0]))}\n\n{_fenced(batch.steps[0].text or '')}")
    made = []
    for each in batch.steps:
        words = brief(terminal, each) if batch.alike else without_name(terminal, each)
        told = batch.same_text or (batch.alike and told_by(each, words))
        made.append(_line(terminal, each, escape(words), ticketed, text=not told, how=not batch.alike))
    return "\n\n".join((*lines, "\n".join(made)))


def _step(terminal: Terminal, step: Step, ticketed: bool) -> str:
    name, sentence = who_and_what(terminal, step)
    who = f"**{escape(name)}** " if name else ""
    return _line(terminal, step, f"{who}{escape(sentence)}", ticketed, text=True, how=True)


def _line(terminal: Terminal, step: Step, words: str, ticketed: bool, *, text: bool, how: bool) -> str:
    status = escape(terminal.say(f"steps-status-{step.status}"))
    due = f" · {escape(terminal.say('steps-due', due=day(step.due)))}" if step.due else ""
    key = code(f"{step.key}={step.ticket}" if ticketed and step.ticket else step.key)
    lines = [f"- [ ] {words} · {status}{due} · {key}"]
    menu = where_and_how(terminal, step) if how else None
    why = purpose(terminal, step) if how else None
    lines.extend(f"  {escape(each)}  " for each in (menu, why and terminal.say("steps-why", why=why)) if each)
    if text and step.text:
        if ticketed and not pasted(terminal, step):
            lines.append(f"  {escape(text_title(terminal, step))}")
        lines.append("")
        if step.was and differs(terminal, step):
            lines.extend(f"  {each}" for each in _columns(terminal, step.was, step.text))
            lines.append("")
        lines.extend(f"  {each}" for each in _fenced(step.text).splitlines())
    for title, words in further(terminal, step):
        lines += [f"  {escape(title)}", "", *(f"  {each}" for each in _fenced(words).splitlines())]
    lines.extend(f"  {escape(terminal.say('steps-file', path=each.path))}" for each in step.files)
    return "\n".join(lines)


def _columns(terminal: Terminal, was: str, text: str) -> Iterator[str]:
    """A table of the old and the new text: what is gone struck out, what is new in bold."""
    yield f"| {escape(terminal.say('steps-column-was'))} | {escape(terminal.say('steps-column-now'))} |"
    yield "| --- | --- |"
    for each in pairs(was, text):
        old, new = escape(each.old or "").strip(), escape(each.new or "").strip()
        if not each.same:
            old, new = f"~~{old}~~" if old else "", f"**{new}**" if new else ""
        yield f"| {old} | {new} |"


def _fenced(text: str) -> str:
    return fence("text", clean(text).splitlines())
