"""A project of many deployments whose state is in a real PostgreSQL, and workers that share its calendar."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from pydantic import SecretStr

from commands.queue_board import environment
from groupform.state.document import Binding, SetBinding
from groupform.state.postgres import PostgresStore
from groupform.state.postgres_session import Sessions
from groupform.state.store import Holder, StateKey

EIGHT = datetime(2026, 12, 2, 12, 0, 5, tzinfo=UTC)
COMMUNITY = """\
community: club
title: 宠友之家
timezone: Asia/Shanghai
team: {owner: lead}
entry: {door: open}
groups:
  lobby: {title: 大厅}
  plaza: {title: 广场}
calendar:
  tips: {title: 干货, kind: article, when: {daily: yes, at: "20:00"}, to: [lobby, plaza], post: {text: "{group}好"}}
sending: {missed: {within: 12h}}
"""


class Fleet:
    """`size` deployments of one community. Everything of it is in the schema `schema` of the database at `url`."""

    def __init__(self, folder: Path, url: str, size: int, *, schema: str = "groupform", slow: float = 0.0) -> None:
        self.folder, self.url, self.size, self.schema, self.slow = folder, url, size, schema, slow
        self.board = folder / "board"
        self.board.mkdir(parents=True)
        names = [f"club-{number:03}" for number in range(size)]
        lines = "".join(f"  {each}: {{community: club, connection: chat, title_suffix: {each}}}\n" for each in names)
        (folder / "club.yaml").write_text(COMMUNITY, encoding="utf-8")
        (folder / "groupform.yaml").write_text(
            "groupform: 1\ncommunities: [club.yaml]\npeople:\n  lead: {name: 林一, accounts: {memory: linyi}}\n"
            f"connections:\n  chat: {{platform: memory}}\n"
            f"state: {{backend: postgres, url: '${{env:STATE_URL}}', schema: {schema}}}\n"
            f"deployments:\n{lines}",
            encoding="utf-8",
        )
        self.names = names

    async def made(self) -> Fleet:
        """With its groups in the state, as an apply leaves them."""
        store = PostgresStore(Sessions(SecretStr(self.url), self.schema))
        for name in self.names:
            async with store.open(StateKey(name, "default"), Holder("tester", 0, "-", "apply")) as writer:
                await writer.commit(
                    [
                        SetBinding(
                            address=f"{name}/room.{group}",
                            binding=Binding(type="room", id=f"!{name}-{group}", applied={}, origin="created"),
                        )
                        for group in ("lobby", "plaza")
                    ]
                )
        return self

    def worker(self, *more: str, now: datetime = EIGHT, **environ: str) -> subprocess.Popen[str]:
        """One more process of the same command."""
        script = str(Path(__file__).with_name("queue_board.py"))
        argv = [sys.executable, script, str(self.folder), f"{now:%Y-%m-%dT%H:%M:%S}"]
        given = {"SLOW": str(self.slow), "STATE_URL": self.url, **environ}
        return subprocess.Popen(
            [*argv, "calendar", "run", "--queue", "postgres", *more],
            env=environment(self.folder, **given),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def posted(self) -> Counter[tuple[str, ...]]:
        """Every message that is on the board, by its place and the mark it bears."""
        return Counter(tuple(each.name.split()[:2]) for each in self.board.iterdir())

    def left(self) -> int:
        """How many jobs the queue still has."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute("SELECT count(*) FROM groupform_queue.pgqueuer").fetchone()
        return int(found[0]) if found else 0
