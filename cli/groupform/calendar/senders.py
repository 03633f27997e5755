"""Finds who sends what to which group, where people send: the group's own owner, as the platform knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from groupform.calendar.bundling import Piece
from groupform.calendar.due import Sorted, Task, Verdict
from groupform.calendar.report import Told, told_of
from groupform.calendar.wording import Wording, wording
from groupform.config.project import ResolvedDeployment
from groupform.engine.dispatching import TakesDispatches
from groupform.state.document import Document


@dataclass(frozen=True, slots=True)
class Lacking:
    """Why a post cannot be laid before anybody, as a message code."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class Senders:
    """What would be sent to each group of a deployment, and by whom. Pictures are read once."""

    def __init__(self, deployment: ResolvedDeployment, state: Document, provider: TakesDispatches) -> None:
        self._deployment = deployment
        self._words: dict[tuple[str, str], Wording] = {}
        self._accounts = {
            each.id: provider.sender_of(each.applied)
            for each in state.bindings.values()
            if each.type == provider.dispatches_in and not each.left
        }
        self._people = {
            account.casefold(): key
            for key in sorted(deployment.people, reverse=True)
            if (account := deployment.account(key)) is not None
        }

    def piece(self, task: Task) -> Piece | Lacking | None:
        """A post as it would be sent now; None where its group is not there."""
        if not task.place or task.occasion.model.post is None:
            return None
        sender = self._accounts.get(task.place, "")
        if not sender:
            return Lacking("send-no-sender")
        known = (task.occasion.calendar, task.occasion.group.name)
        if known not in self._words:
            self._words[known] = wording(self._deployment, task.occasion.model, task.occasion.group)
        words = self._words[known]
        if words.missing:
            return Lacking("send-file-missing", {"file": words.missing})
        return Piece(task, sender, self._people.get(sender.casefold(), ""), words)


def foreseen(
    deployment: ResolvedDeployment, state: Document, provider: TakesDispatches, found: Sorted, now: datetime
) -> list[Told]:
    """What a run would say: before whom a post would be laid, and for whom one waits."""
    senders, told = Senders(deployment, state, provider), list[Told]()
    for each in found.tasks:
        piece = senders.piece(each)
        who = (piece.who or piece.sender) if isinstance(piece, Piece) else each.record.who if each.record else ""
        name = deployment.people[who].name if who in deployment.people else who
        if each.verdict is Verdict.handed:
            told.append(told_of(each, "waits-for", now, who=name))
        elif isinstance(piece, Lacking) and each.verdict is Verdict.send:
            told.append(told_of(each, "blocked", now, code=piece.code, params=piece.params))
        elif each.verdict in (Verdict.send, Verdict.settle):
            told.append(told_of(each, "would-lay", now, who=name))
        else:
            told.append(told_of(each, each.verdict.value, now))
    return told
