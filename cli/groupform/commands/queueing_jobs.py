"""Owns the queue of what is due, in PostgreSQL: put in once, taken by one worker, taken over from one that died.

The tables, their migrations and the statements are pgqueuer's. Its worker loop is not used: with psycopg it waits for
notifications on the connection that all else needs, up to a second each time; and what a job does is settled by the
ledger, so that nothing is asked of a loop but that no job is forgotten.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import anyio
import psycopg
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.db import PsycopgDriver
from pgqueuer.domain.errors import SchemaDriftError
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel, QueueEntrypoint, QueueManagerId
from pgqueuer.models import Job as Row
from pgqueuer.queries import EntrypointExecutionParameter, Queries
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.state.postgres_session import OPTIONS, not_let_in, told
from groupform.state.shared import PATIENCE, Sleep, StoreDownError

T = TypeVar("T")
SCHEMA = "groupform_queue"
HEARTBEAT = 30.0
"""A job whose worker has given no sign of life for so many seconds is taken over."""
_LOG_KEPT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Due:
    """What is due: a deployment, and the last moment of which there is anything to do. Put into the queue once."""

    connection: str
    deployment: str
    moment: str


@dataclass(frozen=True, slots=True)
class Job:
    """What was taken. `attempts` says how often it was put back."""

    due: Due
    row: Row

    @property
    def id(self) -> int:
        return int(self.row.id)

    @property
    def attempts(self) -> int:
        return self.row.attempts


class JobQueue:
    """One worker's view of the queue of one project: `project` is the same word for all workers that share it.

    Every method raises Refused `queue-away` (exit code 4) when the database does not answer for half a minute, and
    `queue-not-allowed` where it does not let us; all are safe to repeat.
    """

    def __init__(
        self,
        conninfo: SecretStr,
        project: str,
        *,
        heartbeat: float = HEARTBEAT,
        sleep: Sleep = anyio.sleep,
        patience: Sequence[float] = PATIENCE,
    ) -> None:
        try:
            parts: dict[str, Any] = conninfo_to_dict(conninfo.get_secret_value())
        except psycopg.ProgrammingError:
            # The library's words would quote the whole address, password included.
            raise Refused([Diagnostic("queue-url-wrong")]) from None
        options = " ".join(each for each in (str(parts.pop("options", "") or ""), OPTIONS) if each)
        told_by = {"connect_timeout": 10, "application_name": "groupform queue", **parts, "options": options}
        self._conninfo = SecretStr(make_conninfo(**told_by))
        where = parts.get("host") or parts.get("hostaddr") or "localhost"
        self.place = f"postgresql://{where}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}#{SCHEMA}"
        self._project = project
        self.heartbeat = heartbeat
        self._sleep, self._patience = sleep, patience
        self._me = QueueManagerId(uuid.uuid4())
        self._settings = _settings()
        self._turn = anyio.Lock()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._queries: Queries | None = None

    async def make(self) -> None:
        """Makes the tables, or brings those of an earlier version up to this one; and drops old lines of the log."""

        async def made(queries: Queries) -> None:
            if (await queries.plan_upgrade()).statements:
                await queries.apply_upgrade()
            # Whoever wants to know later what a worker did looks into the ledger: the queue's log is for a fortnight.
            log = self._settings.qualified.queue_table_log
            await queries.driver.execute(f"DELETE FROM {log} WHERE created < now() - $1::interval", _LOG_KEPT)

        await self._do(made)

    async def put(self, found: Sequence[Due]) -> int:
        """Puts in what is not there yet, waiting or under way, and says how much that is."""

        async def put(queries: Queries) -> int:
            names = [self._entrypoint(each.connection) for each in found]
            size = len(found)
            made = await queries.enqueue(
                list(names),
                [json.dumps([each.connection, each.deployment, each.moment]).encode() for each in found],
                [0] * size,
                [None] * size,
                [f"{name} {each.deployment} {each.moment}" for name, each in zip(names, found, strict=True)],
                on_conflict="skip",
            )
            return sum(each is not None for each in made)

        return await self._do(put) if found else 0

    async def take(self, connections: Sequence[str], most: int) -> list[Job]:
        """Up to `most` jobs that nobody else has, or whose worker has fallen silent; ours until they are done."""

        async def taken(queries: Queries) -> list[Job]:
            names = {self._entrypoint(each): EntrypointExecutionParameter(0) for each in connections}
            rows = await queries.dequeue(most, names, self._me, None, timedelta(seconds=self.heartbeat))
            return [Job(Due(*json.loads(each.payload or b"[]")), each) for each in rows]

        return await self._do(taken)

    async def left(self, connections: Sequence[str]) -> int:
        """How many jobs there are, those under way included."""
        names = {self._entrypoint(each) for each in connections}

        async def counted(queries: Queries) -> int:
            return sum(each.count for each in await queries.queue_size() if each.entrypoint in names)

        return await self._do(counted)

    async def done(self, job: Job) -> None:
        await self._do(lambda queries: queries.log_jobs([(job.row, "successful", None)]))

    async def later(self, job: Job, seconds: float) -> None:
        """Puts it back for somebody to take it in so many seconds."""
        await self._do(lambda queries: queries.retry_job(job.row, timedelta(seconds=seconds), None))

    async def alive(self, jobs: Sequence[Job]) -> None:
        """A sign of life for what this worker is at."""
        await self._do(lambda queries: queries.update_heartbeat([each.row.id for each in jobs]))

    async def may_plan(self) -> bool:
        """Whether it is for us to look for what is due: one worker of a project does at a time."""
        return await self._locking("pg_try_advisory_lock")

    async def planned(self) -> None:
        await self._locking("pg_advisory_unlock")

    async def close(self) -> None:
        """Ends the connection, and with it a lock that is still held."""
        connection, self._connection, self._queries = self._connection, None, None
        if connection is not None:
            with anyio.CancelScope(shield=True):
                await connection.close()

    async def _locking(self, function: str) -> bool:
        number = int.from_bytes(hashlib.sha256(f"{SCHEMA} {self._project}".encode()).digest()[:8], "big") >> 1

        async def locked(queries: Queries) -> bool:
            [row] = await queries.driver.fetch(f"SELECT {function}($1) AS done", number)
            return bool(row["done"])

        return await self._do(locked)

    def _entrypoint(self, connection: str) -> QueueEntrypoint:
        return QueueEntrypoint(f"{self._project} {connection}")

    async def _do(self, act: Callable[[Queries], Awaitable[T]]) -> T:
        """Does it, on a new connection where the old one is gone; for as long as `patience` lasts."""
        for delay in (*self._patience, None):
            try:
                return await self._attempt(act)
            except StoreDownError as down:
                await self.close()
                if delay is None:
                    lost = Diagnostic("queue-away", params={"place": self.place, "reason": str(down)})
                    raise Refused([lost], exit_code=4) from None
            except Refused as refused:
                await self.close()
                params = next(iter(refused.diagnostics)).params
                raise Refused([Diagnostic("queue-not-allowed", params=params)]) from None
            await self._sleep(delay)
        raise AssertionError("a try returns or raises")

    async def _attempt(self, act: Callable[[Queries], Awaitable[T]]) -> T:
        async with self._turn:
            if self._queries is None or self._connection is None or self._connection.closed:
                try:
                    connection = await psycopg.AsyncConnection.connect(
                        self._conninfo.get_secret_value(), autocommit=True
                    )
                except psycopg.Error as error:
                    raise not_let_in(error, self.place) from None
                self._connection = connection
                self._queries = Queries(
                    PsycopgDriver(connection),
                    QueryBuilderEnvironment(self._settings),
                    QueryQueueBuilder(self._settings),
                    QuerySchedulerBuilder(self._settings),
                )
            try:
                return await act(self._queries)
            except psycopg.Error as error:
                raise told(error, self.place) from None
            except SchemaDriftError as error:
                params = {"place": self.place, "reason": str(error)}
                raise Refused([Diagnostic("queue-not-allowed", params=params)]) from None


def _settings() -> DBSettings:
    """Every name said: the library would take some from the environment, under names as common as CHANNEL."""
    return DBSettings(
        prefix="",
        db_schema=SCHEMA,
        channel=Channel(SCHEMA),
        function="fn_pgqueuer_changed",
        statistics_table="pgqueuer_statistics",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        trigger="tg_pgqueuer_changed",
        schedules_table="pgqueuer_schedules",
        durability=Durability.durable,
        widen_id=True,
    )
