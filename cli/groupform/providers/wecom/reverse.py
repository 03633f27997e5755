"""Owns the compiler's reverse for what surrounds the groups: tags, rules and answers in the files' words. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from groupform.engine.adoption import Piece
from groupform.engine.keys import keys_of, sayable
from groupform.engine.provider import Hidden
from groupform.providers.wecom.api_knowledge import Intent, KnowledgeGroup
from groupform.providers.wecom.api_service import Account
from groupform.providers.wecom.api_tags import TagGroup
from groupform.providers.wecom.api_words import Rule

_RANKS = re.compile(r"等级|级别|\btiers?\b|\blevels?\b", re.IGNORECASE)
Told = tuple[list[Piece], list[Hidden]]


def tags(groups: Sequence[TagGroup]) -> Told:
    """A segment for each group of tags; the one that is called after ranks is the tiers, as they stand there."""
    pieces: list[Piece] = []
    ranks = [each for each in groups if _RANKS.search(each.name)]
    tiers = ranks[0] if len(ranks) == 1 else None
    others = [each for each in groups if each is not tiers]
    for key, group in zip(keys_of([each.name for each in others], "tags"), others, strict=True):
        values = dict(_values(group))
        if values:
            pieces.append(Piece(("segments", key), values, {f"tag-group.segment-{key}": group.id}))
    if tiers is not None and (values := dict(_values(tiers))):
        listed = [{"key": key, "title": title} for key, title in values.items()]
        pieces.append(Piece(("tiers",), listed, {"tag-group.tiers": tiers.id}))
    names = "、".join(sayable(each.name) for each in groups)
    return pieces, [Hidden("wecom-adopt-tags", {"count": len(groups), "names": names})] if groups else []


def titles(group: TagGroup) -> list[tuple[str, str]]:
    """Each tag that has a name, by its id, as it would be called in a file: those that stand further up come first."""
    shown = sorted(group.tags, key=lambda each: -each.order)
    return [(each.id, title) for each in shown if (title := sayable(each.name))]


def _values(group: TagGroup) -> Iterator[tuple[str, str]]:
    named = list(dict.fromkeys(title for _, title in titles(group)))
    yield from zip(keys_of(named, "value"), named, strict=True)


def rules(found: Sequence[Rule]) -> Told:
    """A rule for each list of sensitive words. What is looked for besides words stays as it is, and is said."""
    pieces: list[Piece] = []
    told: list[Hidden] = []
    for key, rule in zip(keys_of([each.name for each in found], "rule"), found, strict=True):
        words = [each for each in dict.fromkeys(map(sayable, rule.words)) if each]
        name = sayable(rule.name) or key
        if not words:
            told.append(Hidden("wecom-adopt-rule-without-words", {"name": name}))
            continue
        value = {"title": name, "text": name, "detect": {"words": words}}
        pieces.append(Piece(("rules", key), value, {f"intercept-rule.{key}": rule.id}))
    if pieces:
        told.append(Hidden("wecom-adopt-rules", {"count": len(pieces)}))
    return pieces, told


def answers(accounts: Sequence[Account], groups: Sequence[KnowledgeGroup], intents: Sequence[Intent]) -> Told:
    """The replies of the service's robot: one account and one group of questions, which is what a community has."""
    told: list[Hidden] = []
    managed = [each for each in accounts if each.managed]
    if len(managed) < len(accounts):
        told.append(Hidden("wecom-adopt-service-not-ours", {"count": len(accounts) - len(managed)}))
    if not intents:
        if managed:
            told.append(Hidden("wecom-adopt-service-silent", {"names": _names(managed)}))
        return [], told
    if len(managed) != 1:
        told.append(Hidden("wecom-adopt-service-which", {"count": len(managed), "names": _names(managed)}))
        return [], told
    often = Counter(each.group for each in intents)
    group = max(groups, key=lambda each: often[each.id], default=None)
    if group is None:
        return [], told
    pieces = [
        Piece((), None, {"kf-account.service": managed[0].id, "knowledge-group.main": group.id}),
    ]
    here = [each for each in intents if each.group == group.id]
    if len(here) < len(intents):
        params = {"count": len(intents) - len(here), "name": sayable(group.name)}
        told.append(Hidden("wecom-adopt-knowledge-elsewhere", params))
    for key, intent in zip(keys_of([each.question for each in here], "reply"), here, strict=True):
        question, answer = sayable(intent.question), intent.answer.strip()
        if intent.attachments or not question or not answer or "{" in answer:
            told.append(Hidden("wecom-adopt-answer-unsayable", {"question": question or intent.id}))
            continue
        asked = [question, *(line for each in intent.similar if (line := sayable(each)))]
        value = {"questions": list(dict.fromkeys(asked)), "answer": answer, "where": ["service"]}
        pieces.append(Piece(("replies", key), value, {f"intent.{key}": intent.id}))
    return (pieces if len(pieces) > 1 else []), told


def _names(accounts: Sequence[Account]) -> str:
    return "、".join(sayable(each.name) for each in accounts)
