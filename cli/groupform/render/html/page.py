"""Owns one person's steps as a page for a telephone: one file, with its style, its script and its pictures inside."""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import segno
from markupsafe import Markup

from groupform.engine.plan import Step, StepStatus
from groupform.render.html.frame import part, policy, template
from groupform.render.side_by_side import Pair, pairs
from groupform.render.step_batches import Batch, batches, name_of
from groupform.render.step_words import (
    brief,
    differs,
    further,
    headline,
    pasted,
    purpose,
    text_title,
    where_and_how,
    without_name,
)
from groupform.render.terminal import Terminal, clean

_LINK = re.compile(r"https?://[^\s\u3000-\u303f\u4e00-\u9fff\uff00-\uffef<>\"']+")
_AFTER = ".,;:!?)]}"
"""What ends a sentence, and no address."""
_MOST_CODES = 3
_LARGEST_FILE = 2_000_000
"""Bytes of one enclosed file that a page still carries: telephones open pages of some megabytes."""
_WORDS = ("copied", "selected", "none-done", "some-done", "all-done", "return-first", "observed-only", "share")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Whose page it is, and where it belongs. `names` are the people's by key; `file` answers the bytes of an enclosed
    file, by path and sha256, None where it is gone."""

    project: str
    environment: str
    who: str
    name: str
    made: str
    names: Mapping[str, str]
    file: Callable[[str, str], bytes | None]


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    name: str
    data: str | None
    picture: bool


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    code: Markup


@dataclass(frozen=True, slots=True)
class _Card:
    """One step as the page shows it. `after` are the numbers of the cards that come first."""

    step: Step
    number: int
    sentence: Markup
    how: str | None
    why: str | None
    due: str | None
    late: bool
    status: str
    text: str | None
    text_title: str
    pasted: bool
    more: tuple[tuple[str, str], ...]
    pairs: tuple[Pair, ...]
    files: tuple[_File, ...]
    links: tuple[_Link, ...]
    after: tuple[int, ...]
    waits: tuple[str, ...]
    other: str | None


@dataclass(frozen=True, slots=True)
class _Section:
    title: str | None
    how: str | None
    text: str | None
    text_title: str
    pasted: bool
    cards: tuple[_Card, ...]


def page_html(terminal: Terminal, sheet: Sheet, steps: Sequence[Step]) -> str:
    """The page, as one document of HTML."""
    style, script = part("page.css"), part("page.js")
    facts = {
        "project": sheet.project,
        "environment": sheet.environment,
        "who": sheet.who,
        "name": sheet.name,
        "words": {each: terminal.words.text(f"page-{each}") for each in _WORDS},
    }
    common = {_due(terminal, each.due) if each.due else None for each in steps}
    return template("page.html.j2").render(
        lang=terminal.words.lang,
        say=terminal.say,
        count=terminal.count,
        sheet=sheet,
        total=len(steps),
        due=common.pop() if len(common) == 1 else None,
        sections=_sections(terminal, sheet, steps),
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script),
        facts=json.dumps(facts, ensure_ascii=False),
    )


def _sections(terminal: Terminal, sheet: Sheet, steps: Sequence[Step]) -> list[_Section]:
    grouped = batches(steps)
    numbers = {each.key: index for index, each in enumerate((s for b in grouped for s in b.steps), 1)}
    by_address = {each.address: numbers[each.key] for each in steps if "!" not in each.key}
    made = []
    for batch in grouped:
        alone = len(batch.steps) == 1
        cards = tuple(_card(terminal, sheet, each, batch, numbers[each.key], by_address) for each in batch.steps)
        made.append(
            _Section(
                None if alone else headline(terminal, batch),
                where_and_how(terminal, batch.steps[0]) if batch.alike else None,
                clean(batch.steps[0].text or "") if batch.same_text else None,
                text_title(terminal, batch.steps[0]),
                pasted(terminal, batch.steps[0]),
                cards,
            )
        )
    return made


def _card(
    terminal: Terminal, sheet: Sheet, step: Step, batch: Batch, number: int, by_address: Mapping[str, int]
) -> _Card:
    text = clean(step.text) if step.text and not batch.same_text else None
    both = differs(terminal, step)
    return _Card(
        step=step,
        number=number,
        sentence=_linked(brief(terminal, step) if batch.alike else without_name(terminal, step)),
        how=None if batch.alike else where_and_how(terminal, step),
        why=purpose(terminal, step),
        due=_due(terminal, step.due) if step.due else None,
        late=step.status is StepStatus.overdue,
        status=terminal.say(f"steps-status-{step.status}"),
        text=text,
        text_title=text_title(terminal, step),
        pasted=pasted(terminal, step),
        more=tuple((title, clean(words)) for title, words in further(terminal, step)),
        pairs=tuple(pairs(clean(step.was or ""), clean(step.text or ""))) if both else (),
        files=tuple(_file(sheet, each.path, each.sha256) for each in step.files),
        links=tuple(_Link(each, _code(each)) for each in _links(step)),
        after=tuple(by_address[each] for each in step.blocked_by if each in by_address),
        waits=tuple(each for each in step.blocked_by if each not in by_address),
        other=sheet.names.get(step.instead_of, step.instead_of) if step.instead_of else None,
    )


def _due(terminal: Terminal, text: str) -> str:
    """By which day, in the words of somebody who looks at a calendar."""
    date = datetime.fromisoformat(text.replace("Z", "+00:00"))
    weekday = terminal.say("page-weekdays").split()[date.weekday()]
    return terminal.say("page-due", year=date.year, month=date.month, day=date.day, weekday=weekday)


def _links(step: Step) -> list[str]:
    found = [each.rstrip(_AFTER) for each in _LINK.findall(step.text or "")]
    return list(dict.fromkeys(found))[:_MOST_CODES]


def _linked(sentence: str) -> Markup:
    """The sentence, with each address in it to be tapped: a code's picture is opened by its address."""
    made, at = Markup(), 0
    for found in _LINK.finditer(sentence):
        url = found[0].rstrip(_AFTER)
        link = Markup('<a href="{0}" rel="noreferrer noopener" target="_blank">{0}</a>').format(url)
        made, at = made + sentence[at : found.start()] + link, found.start() + len(url)
    return made + sentence[at:]


def _code(text: str) -> Markup:
    """The QR code of a text, as an SVG that stands in the page."""
    drawn = segno.make(text, micro=False, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")
    return Markup(drawn)


def _file(sheet: Sheet, path: str, sha256: str) -> _File:
    """A file to be sent along, inside the page where it is small enough and still the one that was declared."""
    data = sheet.file(path, sha256)
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    # SVG may hold a script; and it is no picture that a chat takes.
    picture = kind.startswith("image/") and kind != "image/svg+xml"
    inside = data is not None and len(data) <= _LARGEST_FILE
    url = f"data:{kind};base64,{base64.b64encode(data or b'').decode()}" if inside else None
    return _File(path, path.rsplit("/", 1)[-1], url, picture)


def file_name(step: Step) -> str:
    """The name of the page of whoever does a step: their key, where it is one."""
    return re.sub(r"[^\w.-]+", "-", step.who or name_of(step)).strip(".-") or "nobody"
