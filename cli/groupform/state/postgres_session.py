"""Owns connections to PostgreSQL: opened with the tables made, bounded in time, their errors told apart."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from groupform.state.postgres_tables import TABLES, statement
from groupform.state.shared import StoreDownError
from groupform.state.spelling import refuse

_REFUSED = re.compile(r"authentication failed|does not exist|no pg_hba.conf entry|no password supplied|not permitted")
_KEPT = 16
_FOR_ALL = 0x67726F757066  # "groupf": who makes the tables does so alone
# A holder whose machine was switched off is noticed within a minute, not after the two hours that TCP takes by itself.
OPTIONS = (
    "-c statement_timeout=30000 -c lock_timeout=20000 -c idle_in_transaction_session_timeout=60000 "
    "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)


class Sessions:
    """How to reach the database. Raises Refused `state-setting-wrong` for connection settings that do not read."""

    def __init__(self, conninfo: SecretStr, schema: str = "groupform") -> None:
        try:
            parts: dict[str, Any] = conninfo_to_dict(conninfo.get_secret_value())
        except psycopg.ProgrammingError:
            # The library's words would quote the whole address, password included.
            raise refuse("state-setting-wrong", name="url", backend="postgres") from None
        options = " ".join(each for each in (str(parts.pop("options", "") or ""), OPTIONS) if each)
        self._conninfo = SecretStr(
            make_conninfo(**{"connect_timeout": 10, "application_name": "groupform", **parts, "options": options})
        )
        self.conninfo = conninfo
        self.schema = schema
        where = parts.get("host") or parts.get("hostaddr") or "localhost"
        self.place = f"postgresql://{where}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}#{schema}"
        self.writes = 0
        self.written = 0
        self._made = False
        self._idle: list[Session] | None = None

    async def connect(self) -> Session:
        """A connection of its own. Raises StoreDownError, or Refused where we may not."""
        try:
            connection = await psycopg.AsyncConnection.connect(self._conninfo.get_secret_value(), autocommit=True)
        except psycopg.Error as error:
            raise not_let_in(error, self.place) from None
        session = Session(connection, self)
        try:
            if not self._made:
                await self._make_tables(session)
                self._made = True
        except BaseException:
            await session.close()
            raise
        return session

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Session]:
        """A connection for a few statements."""
        session = self._idle.pop() if self._idle else await self.connect()
        try:
            yield session
        except BaseException:
            await session.close()
            raise
        if self._idle is not None and len(self._idle) < _KEPT:
            self._idle.append(session)
        else:
            await session.close()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Within the block, what was connected for a few statements stays so for the next: for whoever reads often."""
        self._idle = []
        try:
            yield
        finally:
            idle, self._idle = self._idle, None
            with anyio.CancelScope(shield=True):
                for each in idle:
                    await each.close()

    async def _make_tables(self, session: Session) -> None:
        [(found,)] = await session.rows("SELECT to_regclass(%(name)s)", {"name": f'"{self.schema}".backups'})
        if found is not None:
            return
        async with session.transaction():
            await session.rows("SELECT pg_advisory_xact_lock(%(number)s)", {"number": _FOR_ALL})
            await session.run("CREATE SCHEMA IF NOT EXISTS {schema}", None)
            for each in TABLES.split(";"):
                if each.strip():
                    await session.run(each, None)


class Session:
    """One connection. Every method raises StoreDownError when it is gone, or Refused for what is not allowed."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], sessions: Sessions) -> None:
        self._connection = connection
        self._sessions = sessions

    async def rows(self, text: str, words: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """What a statement answers."""
        try:
            cursor = await self._connection.execute(statement(text, self._sessions.schema), words)
            return await cursor.fetchall()
        except psycopg.Error as error:
            raise told(error, self._sessions.place) from None

    async def run(self, text: str, words: Mapping[str, Any] | None) -> int:
        """How many rows a statement has changed."""
        if words is not None:
            self._sessions.writes += 1
            self._sessions.written += sum(len(each) for each in words.values() if isinstance(each, bytes | str))
        try:
            return (await self._connection.execute(statement(text, self._sessions.schema), words)).rowcount
        except psycopg.Error as error:
            raise told(error, self._sessions.place) from None

    async def lock(self, number: int) -> bool:
        """Takes an advisory lock for as long as this connection lives; False where another one has it."""
        [(taken,)] = await self.rows("SELECT pg_try_advisory_lock(%(number)s)", {"number": number})
        return bool(taken)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Everything in the block, or nothing."""
        try:
            async with self._connection.transaction():
                yield
        except psycopg.Error as error:
            raise told(error, self._sessions.place) from None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Everything read in the block is of one moment."""
        async with self.transaction():
            await self.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", None)
            yield

    async def close(self) -> None:
        """Ends the connection, and with it its locks."""
        with suppress(psycopg.Error):
            await self._connection.close()


def not_let_in(error: psycopg.Error, place: str) -> Exception:
    """Why there is no connection: the server sends no code then, only words, and they hold no password."""
    reason = " ".join(str(error).rpartition("FATAL:")[2].split())[:160] or type(error).__name__
    if _REFUSED.search(reason):
        return refuse("state-not-allowed", place=place, reason=reason)
    return StoreDownError(reason)


def told(error: psycopg.Error, place: str) -> Exception:
    """What an error means. Only its class and code are told: its text may quote rows and addresses."""
    code = error.sqlstate or ""
    if code[:2] in ("28", "42", "3D", "3F") or code == "25006":
        return refuse("state-not-allowed", place=place, reason=f"{type(error).__name__} {code}".strip())
    if code == "53100":
        return refuse("state-not-allowed", place=place, reason="DiskFull 53100")
    return StoreDownError(f"{type(error).__name__} {code}".strip())
