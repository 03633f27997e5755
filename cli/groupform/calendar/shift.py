"""Owns what one run of the calendar has at hand for one deployment, under the ledger's lock."""

from __future__ import annotations

from dataclasses import dataclass

from groupform.calendar.report import CalendarReport
from groupform.config.project import ResolvedDeployment
from groupform.engine.provider import Provider
from groupform.engine.world import World
from groupform.state.document import Document
from groupform.state.store import Writer


@dataclass(frozen=True, slots=True)
class Shift:
    """`state` says which groups are there, `writer` holds the ledger, and `report` is filled as things happen."""

    deployment: ResolvedDeployment
    world: World
    provider: Provider
    state: Document
    writer: Writer
    report: CalendarReport
