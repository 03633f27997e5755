"""Owns the words of a group: its title, its notice, and which leaves they hold."""

from __future__ import annotations

from groupform.compile.address import Address
from groupform.compile.texts import notice_plain
from groupform.config.flat import flat_form
from groupform.config.placeholders import words
from groupform.config.project import GroupInstance
from groupform.providers.wecom.bench import Bench
from groupform_schemas import FromRuns, FromSegment, NoticePart

_RUN_DAYS = ("weekly", "daily", "monthly", "dates", "skip.dates", "at")


def title(bench: Bench, group: GroupInstance) -> str:
    """The group's name, made of the community's and its own."""
    form, address = flat_form(bench.deployment), bench.group(group)
    bench.carry("naming.flat", address, "title")
    bench.carry(f"{group.path}.title", address, "title")
    note_words(bench, group, form, address, "title")
    note_words(bench, group, group.model.title, address, "title")
    return bench.label(group)


def wall(bench: Bench, group: GroupInstance) -> str | None:
    """The notice (群公告), as plain text; None where there is nothing to say."""
    model = bench.deployment.community.model
    text = notice_plain(bench.deployment, group)
    if text is None or model.notice is None:
        return None
    address = bench.group(group)
    bench.carry("notice.file", address, "notice")
    for index, part in enumerate(model.notice.parts or ()):
        if part is NoticePart.topic and group.topic:
            bench.carry(f"{group.path}.topic", address, "notice")
            bench.carry(f"notice.parts.{index}", address, "notice")
            note_words(bench, group, group.model.topic or "", address, "notice")
        elif part is NoticePart.rules and model.rules:
            bench.carry(f"notice.parts.{index}", address, "notice")
            bench.carry("locale", address, "notice")
            for key, rule in model.rules.items():
                bench.carry(f"rules.{key}.title", address, "notice")
                bench.carry(f"rules.{key}.text", address, "notice")
                note_words(bench, group, rule.title + rule.text, address, "notice")
    return text


def note_words(bench: Bench, group: GroupInstance, text: str, address: Address, attribute: str) -> None:
    """Notes the leaves behind the `{words}` of a text: the community's title, a segment's value, a run's day."""
    used = set(words(text))
    if "community" in used:
        bench.carry("title", address, attribute)
    each = group.model.each
    if each is not None and isinstance(each.from_, FromSegment) and (each.as_ or each.from_.segment) in used:
        bench.carry(f"segments.{each.from_.segment}.{group.instance}.title", address, attribute)
    run = (each.as_ or "run") if each is not None and isinstance(each.from_, FromRuns) else "run"
    if run in used and run in group.values:
        for name in _RUN_DAYS:
            bench.carry(f"runs.every.{name}", address, attribute, below=True)
        for name in ("from", "until", "lasts"):
            bench.carry(f"runs.{name}", address, attribute)
