"""Owns the words a person types into a group: its name, its notice, its greeting; and which leaves they hold."""

from __future__ import annotations

from hashlib import sha256

from groupform.compile.resource import Json
from groupform.compile.texts import notice_plain, welcome
from groupform.config.diagnostics import Severity
from groupform.config.flat import flat_form
from groupform.config.placeholders import words
from groupform.providers.byhand.place import Place
from groupform_schemas import FromRuns, FromSegment, NoticePart, WelcomeVariant

_RUN_DAYS = ("weekly", "daily", "monthly", "dates", "skip.dates", "at")


def title(place: Place) -> str:
    """The group's name on a flat platform."""
    form = flat_form(place.deployment)
    place.trace.carry("naming.flat", place.address, "title")
    place.trace.carry(f"{place.group.path}.title", place.address, "title")
    _note_words(place, form, "title", "title")
    _note_words(place, place.group.model.title, "title", "title")
    return place.label


def wall(place: Place) -> str | None:
    """The notice, as plain text; None where there is nothing to say."""
    text = notice_plain(place.deployment, place.group)
    declared = place.deployment.community.model.notice
    if text is None or declared is None:
        return None
    address, trace, model = place.address_of("notice"), place.trace, place.deployment.community.model
    trace.carry("notice.file", address, "text")
    for index, part in enumerate(declared.parts or ()):
        if part is NoticePart.topic and place.group.topic:
            trace.carry(f"{place.group.path}.topic", address, "text")
            trace.carry(f"notice.parts.{index}", address, "text")
            _note_words(place, place.group.model.topic or "", "notice", "text")
        elif part is NoticePart.rules and model.rules:
            trace.carry(f"notice.parts.{index}", address, "text")
            trace.carry("locale", address, "text")
            for key, rule in model.rules.items():
                trace.carry(f"rules.{key}.title", address, "text")
                trace.carry(f"rules.{key}.text", address, "text")
                _note_words(place, rule.title + rule.text, "notice", "text")
    if place.limits.notice_length is not None and len(text) > place.limits.notice_length:
        place.warn("notice-long", severity=Severity.note, characters=len(text), advice=place.limits.notice_length)
    return text


def greeting(place: Place) -> dict[str, Json] | None:
    """The welcome to paste, links written out below it, and its pictures; None where none is declared."""
    found = welcome(place.deployment, place.group)
    declared = place.deployment.community.model.welcome
    if found is None or declared is None:
        return None
    address, trace = place.address_of("welcome"), place.trace
    trace.carry(f"{found.path}.text", address, "text")
    lines, pictures = [found.text], dict[str, Json]()
    for index, attachment in enumerate(found.attachments):
        lines.append(f"{attachment.link.title} {attachment.link.url}")
        for name in ("title", "url"):
            trace.carry(f"{found.attachments_path}.attachments.{index}.link.{name}", address, "text")
        image = attachment.link.image
        data = place.deployment.community.files.get(str(image)) if image is not None else None
        if data is not None:
            pictures[str(image)] = sha256(data).hexdigest()
            trace.carry(f"{found.attachments_path}.attachments.{index}.link.image", address, "pictures")
    if found.path != "welcome":
        chosen = declared.variants[int(found.path.rsplit(".", 1)[1])]
        _note_occasion(place, chosen, found.path)
        _note_words(place, chosen.text, "welcome", "text")
    else:
        _note_words(place, declared.text, "welcome", "text")
    made: dict[str, Json] = {"text": "\n".join(lines)}
    return made | {"pictures": pictures} if pictures else made


def _note_occasion(place: Place, variant: WelcomeVariant, path: str) -> None:
    """Of a variant's conditions, those that hold here."""
    address = place.address_of("welcome")
    here = {
        "platform": {place.deployment.connection.platform},
        "group": {place.group.name, place.group.group},
    }
    for name, fitting in here.items():
        for index, said in enumerate(getattr(variant.when, name) or ()):
            if said in fitting:
                place.trace.carry(f"{path}.when.{name}.{index}", address, "text")


def _note_words(place: Place, text: str, kind: str, attribute: str) -> None:
    """Notes the leaves behind the `{words}` of a text: the community's title, a segment's value, a run's day."""
    used = set(words(text))
    address = place.address if kind == "title" else place.address_of(kind)
    if "community" in used:
        place.trace.carry("title", address, attribute)
    each = place.group.model.each
    if each is not None and isinstance(each.from_, FromSegment) and (each.as_ or each.from_.segment) in used:
        place.trace.carry(f"segments.{each.from_.segment}.{place.group.instance}.title", address, attribute)
    run = (each.as_ or "run") if each is not None and isinstance(each.from_, FromRuns) else "run"
    if run in used and run in place.group.values:
        for name in _RUN_DAYS:
            place.trace.carry(f"runs.every.{name}", address, attribute, below=True)
        for name in ("from", "until", "lasts"):
            place.trace.carry(f"runs.{name}", address, attribute)
