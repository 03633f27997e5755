"""Owns `--rehearse` for WeCom: a corp for each of the project's, kept in a folder between commands, and its people."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.plan import Step
from groupform.engine.provider import Context
from groupform.engine.rehearsal import Rehearsal as Rehearsed
from groupform.engine.rehearsal import Stage
from groupform.providers.wecom import session
from groupform.providers.wecom.provider import WeCom
from groupform.providers.wecom.rehearsal.acting import act
from groupform.providers.wecom.rehearsal.corp import fold
from groupform.providers.wecom.rehearsal.server import Rehearsal
from groupform.state.document import Document

_SECRET = "rehearsal-secret"


class RehearsedWeCom(WeCom):
    """The provider on stage: each connection leads to the rehearsal of its corp."""

    def __init__(self, corps: Mapping[str, KeptCorp]) -> None:
        super().__init__()
        self._corps = corps

    def connect(self, context: Context) -> AbstractAsyncContextManager[session.WeComSession]:
        corp = self._corps[str(context.connection.settings["corp_id"])]
        return session.connect(context, self._pictures, corp.transport())

    def act(self, step: Step, deployment: ResolvedDeployment, document: Document) -> bool:
        """Plays the person whom a step asks for. False for what nothing reads back: that takes a word."""
        corp = self._corps[str(deployment.connection.settings["corp_id"])]
        desired = {str(each.address): each for each in self.compile(deployment, refused={}).resources}
        done = act(corp.person, step, desired.get(step.address), document)
        if done:
            corp.keep()
        return done

    def confirm(self, deployment: ResolvedDeployment, message_id: str) -> bool:
        """The owner sends what waits for them in the client."""
        corp = self._corps[str(deployment.connection.settings["corp_id"])]
        message = corp.corp["messages"].get(message_id)
        if message is None or message["cancelled"] or message["sent"]:
            return False
        corp.person.confirm(message_id)
        corp.keep()
        return True


@contextmanager
def stage_corps(stage: Stage) -> Iterator[Rehearsed]:
    """Opens the corps of these connections. Raises Refused `wecom-rehearsal-damaged` for a folder that is none."""
    corps: dict[str, KeptCorp] = {}
    settings: dict[str, dict[str, Any]] = {}
    for connection in stage.connections:
        mine = _settings(connection)
        corp_id = str(mine["corp_id"])
        settings[connection.key] = mine
        if corp_id not in corps:
            corps[corp_id] = _corp(stage, corp_id)
        if str(mine["agent_id"]) not in corps[corp_id].corp["apps"]:
            corps[corp_id].app(str(mine["agent_id"]), _SECRET)
    _employ(corps, settings, stage.deployments)
    yield Rehearsed(RehearsedWeCom(corps), settings)


class KeptCorp(Rehearsal):
    """A corp that is on disk before anybody has an answer: a killed command loses nothing that it was told."""

    def __init__(self, file: Path, corp_id: str, **more: Any) -> None:
        super().__init__(corp_id, **more)
        self._file = file

    async def answer(self, request: httpx.Request) -> httpx.Response:
        changes = request.method == "POST" and not _reads(request.url.path)
        found = await super().answer(request)
        if changes:
            self.keep()
        return found

    def keep(self) -> None:
        temporary = self._file.with_suffix(".new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump({**self.dump(), "tokens": {}}, out, ensure_ascii=False)
        temporary.replace(self._file)


def _reads(path: str) -> bool:
    """Whether a call of this path only looks: there is no need to write down what it changed."""
    last = path.rpartition("/")[2]
    return last.startswith(("get", "list", "opengid"))


def _settings(connection: Connection) -> dict[str, Any]:
    """The connection's own settings; what is not set on this machine is made up. No proxy: nothing leaves it."""
    declared = {name: value for name, value in connection.settings.items() if name != "proxy"}
    made_up = {"corp_id": f"ww{connection.key}rehearsal".replace("-", ""), "agent_id": "1000002"}
    return {**made_up, **declared, "secret": SecretStr(_SECRET)}


def _corp(stage: Stage, corp_id: str) -> KeptCorp:
    file = stage.folder / f"{corp_id}.json"
    try:
        stage.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        return KeptCorp(file, corp_id, now=lambda: stage.now().timestamp(), state=state)
    except (OSError, ValueError, TypeError) as error:
        raise Refused(
            [Diagnostic("wecom-rehearsal-damaged", params={"file": str(file), "reason": str(error)})]
        ) from error


def _employ(
    corps: Mapping[str, KeptCorp], settings: Mapping[str, Mapping[str, Any]], deployments: Sequence[ResolvedDeployment]
) -> None:
    """Everybody the project names works there: how a real corp's people stand is what `doctor` finds out."""
    for deployment in deployments:
        corp = corps[str(settings[deployment.connection.key]["corp_id"])]
        for key, person in deployment.people.items():
            account = deployment.account(key)
            if account and fold(account) not in corp.corp["members"]:
                corp.member(account, person.name)
