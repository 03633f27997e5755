"""Owns what is laid before a person to send: one message of plain words, with its files and its card beside them."""

from __future__ import annotations

from dataclasses import dataclass

from groupform.calendar.due import digest_of
from groupform.calendar.parts import parts_of
from groupform.compile.markdown import plain
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.engine.dispatching import Beside
from groupform.engine.post_parts import Attached, LinkCard, markdown_of, media_of
from groupform_schemas import CalendarItem


@dataclass(frozen=True, slots=True)
class Wording:
    """`mark` is what the message is known by on the platform, which shows its words; `digest` is of all there is to it.
    `missing` names a file that cannot be read."""

    text: str
    beside: tuple[Beside, ...] = ()
    digest: str = ""
    missing: str = ""

    @property
    def mark(self) -> str:
        return digest_of(self.text)


def wording(deployment: ResolvedDeployment, planned: CalendarItem, group: GroupInstance) -> Wording:
    """A post as a person sends it: no marks, a poll in words; pictures, files and a card beside them.

    Reads the files. Mentions and pins are nothing that such a message has.
    """
    texts: list[str] = []
    beside: list[Beside] = []
    for each in parts_of(deployment, planned, group):
        if isinstance(each.part, Attached | LinkCard):
            beside.append(each.part)
        else:
            texts.append(plain(markdown_of(each.part)))
    text, told = "\n\n".join(filter(None, texts)), [each for part in beside for each in _told(part)]
    for part in beside:
        media = media_of(part)
        try:
            told.append(media.sha256 if media is not None else "")
        except OSError:
            return Wording(text, missing=media.name if media is not None else "")
    return Wording(text, tuple(beside), digest_of("\n".join((text, *told))))


def _told(part: Beside) -> tuple[str, ...]:
    return (part.title, part.text, part.link) if isinstance(part, LinkCard) else (part.media.name,)
