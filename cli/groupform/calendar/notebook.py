"""Owns what one run knows, writes down and says of the messages that it lays before people."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.calendar.bundling import Piece, Records
from groupform.calendar.due import Task
from groupform.calendar.report import CalendarReport, Told
from groupform.config.project import ResolvedDeployment
from groupform.state.document import Document
from groupform.state.ledger import Outcome, Send, SetSends
from groupform.state.store import Writer


class Notebook:
    """`tasks` are the posts of the calendar by key, `pieces` those of them that somebody could send now. What is
    `stuck` is not laid by this run: a message of which nothing is known could not be told from it."""

    def __init__(self, deployment: ResolvedDeployment, writer: Writer, report: CalendarReport) -> None:
        self._deployment, self._writer, self.report = deployment, writer, report
        self.tasks: dict[str, Task] = {}
        self.pieces: dict[str, Piece] = {}
        self.stuck: set[tuple[str, str]] = set()

    @property
    def ledger(self) -> Document:
        return self._writer.document

    async def check(self) -> None:
        """Raises Refused where the ledger's lock was taken away."""
        await self._writer.check()

    async def write(self, sends: Mapping[str, Send | None]) -> None:
        if sends:
            await self._writer.commit([SetSends(sends=sends)])

    async def keep(self, records: Records, outcome: Outcome, **more: str) -> None:
        values = {"outcome": outcome, **more}
        await self.write({key: each.model_copy(update=values) for key, each in records.items()})

    def laid(self, records: Records) -> None:
        for key, each in records.items():
            self.tell({key: each}, "laid", "send-laid-anew" if each.after else "")

    def left_open(self, records: Records, code: str, params: Mapping[str, object]) -> None:
        """Nothing is known of it: neither it nor what looks like it is touched by this run."""
        self.stuck.update(like(each) for each in records.values())
        self.tell(records, "open", code, params)

    def tell(self, records: Records, outcome: str, code: str = "", params: Mapping[str, object] | None = None) -> None:
        for key, each in records.items():
            piece = self.pieces.get(key)
            self.report.told.append(
                Told(
                    key,
                    each.item,
                    self.title(key, each),
                    each.target,
                    each.scheduled,
                    outcome,
                    code,
                    params or {},
                    piece.words.text if piece is not None else "",
                    self.name(each.who or each.device),
                )
            )

    def title(self, key: str, record: Send) -> str:
        task = self.tasks.get(key)
        planned = self._deployment.community.model.calendar.get(record.item)
        return task.occasion.title if task is not None else planned.title if planned is not None else record.item

    def name(self, key: str) -> str:
        person = self._deployment.people.get(key)
        return person.name if person is not None else key


def like(record: Send) -> tuple[str, str]:
    """Messages that are alike in this cannot be told apart on the platform."""
    return record.device.casefold(), record.mark
