"""Owns the words that hang in a group: its notice and its welcome, made of the community's own words only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from groupform.compile.markdown import escape, plain
from groupform.compile.titles import text_words
from groupform.config.placeholders import fill
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform_schemas import Attachment, NoticePart, Occasion

_WIDE = ("zh", "ja", "ko")
"""Languages whose writing takes the full-width colon."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The greeting that holds for one group on one platform.

    `text` keeps `{member}`, which only whoever greets can fill. `path` is the declaration that was chosen, `welcome` or
    `welcome.variants.0`; the attachments are the variant's own where it has any (`attachments_path` says whose).
    """

    text: str
    attachments: Sequence[Attachment]
    path: str
    attachments_path: str


def notice(deployment: ResolvedDeployment, group: GroupInstance) -> str | None:
    """The notice of a group in Markdown, or None where none is declared or it would be empty.

    Parts stand in declared order with a blank line between them; the rules are numbered in declared order.
    """
    return _notice(deployment, group, title=lambda said: f"**{escape(said)}**", topic=escape, text=str.strip)


def notice_plain(deployment: ResolvedDeployment, group: GroupInstance) -> str | None:
    """The same notice without marks, for platforms that show text as it is typed."""
    return _notice(deployment, group, title=str, topic=str, text=plain)


def welcome(deployment: ResolvedDeployment, group: GroupInstance) -> Welcome | None:
    """The greeting for a group here: the variant that fits best, else the common text, else None.

    A variant fits when all that its `when` names fits. Of several, the one that names this very copy of the group
    comes before one that names the group, that before one that names only the platform; then the earlier one.
    """
    declared = deployment.community.model.welcome
    if declared is None:
        return None
    filled = text_words(deployment, group)
    best, chosen = 0, None
    for index, variant in enumerate(declared.variants):
        fit = _fit(variant.when, deployment.connection.platform, group)
        if fit > best:
            best, chosen = fit, (index, variant)
    if chosen is None:
        return Welcome(fill(declared.text, filled).strip(), declared.attachments, "welcome", "welcome")
    index, variant = chosen
    path, text = f"welcome.variants.{index}", fill(variant.text, filled).strip()
    if "attachments" in variant.model_fields_set:
        return Welcome(text, variant.attachments, path, path)
    return Welcome(text, declared.attachments, path, "welcome")


_Form = Callable[[str], str]


def _notice(
    deployment: ResolvedDeployment, group: GroupInstance, *, title: _Form, topic: _Form, text: _Form
) -> str | None:
    """The notice with its words put into form: a rule's title and a topic are words, a text and a file are Markdown."""
    model, filled = deployment.community.model, text_words(deployment, group)
    if model.notice is None:
        return None
    if model.notice.file is not None:
        written = deployment.community.files[model.notice.file].decode("utf-8-sig").replace("\r\n", "\n")
        return text(fill(written, filled)) or None
    parts: list[str] = []
    for part in model.notice.parts or ():
        if part is NoticePart.topic:
            parts.append(topic((group.topic or "").strip()))
        else:
            colon = "：" if (model.locale or "").split("-")[0] in _WIDE else ": "
            rules = [
                f"{title(fill(rule.title, filled).strip())}{colon}{text(fill(rule.text, filled))}"
                for rule in model.rules.values()
            ]
            parts.append("\n".join(_numbered(number, rule) for number, rule in enumerate(rules, start=1)))
    return "\n\n".join(part for part in parts if part) or None


def _numbered(number: int, text: str) -> str:
    mark = f"{number}. "
    return mark + text.replace("\n", "\n" + " " * len(mark))


def _fit(when: Occasion, platform: str, group: GroupInstance) -> int:
    """How closely a condition names this place: 0 where it does not fit."""
    platforms, groups = _several(when.platform), _several(when.group)
    if platforms and platform not in platforms:
        return 0
    here = 1 if platforms else 0
    if not groups:
        return here
    if group.name in groups and group.instance is not None:
        return 4 + here
    return 2 + here if group.group in groups or group.name in groups else 0


def _several(value: str | Sequence[str] | None) -> tuple[str, ...]:
    """One or more words, or none, as a tuple."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
