"""Finds what of a card is longer than its platform takes, in the group where it is longest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groupform.calendar.lint_rules import at_path
from groupform.calendar.parts import parts_of
from groupform.compile.markdown import plain
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.engine.post_limits import PostLimits
from groupform.engine.post_parts import LinkCard
from groupform_schemas import CalendarItem


def long_cards(
    deployment: ResolvedDeployment,
    key: str,
    planned: CalendarItem,
    groups: Sequence[GroupInstance],
    limits: PostLimits,
) -> Iterator[Diagnostic]:
    """A link that is too long is refused whenever it is sent, a title or a text only loses its end."""
    if planned.post is None or planned.post.card is None:
        return
    # The card alone: what its words show is nothing to look for here.
    alone = planned.model_copy(update={"post": planned.post.model_copy(update={"text": None, "file": None})})
    parts = [each.part for group in groups for each in parts_of(deployment, alone, group)]
    cards = [each for each in parts if isinstance(each, LinkCard)]
    for name, most, texts in (
        ("title", limits.card_title_bytes, [each.title for each in cards]),
        ("text", limits.card_text_bytes, [plain(each.text) for each in cards]),
        ("link", limits.card_link_bytes, [each.link for each in cards]),
    ):
        count = max((len(each.encode()) for each in texts), default=0)
        if most is not None and count > most:
            words = {"key": key, "deployment": deployment.name, "source": limits.source}
            severity = Severity.error if name == "link" else Severity.warning
            path, code = f"calendar.{key}.post.card.{name}", f"calendar-card-long-{name}"
            yield at_path(deployment.community, path, code, severity, **words, count=count, most=most)
