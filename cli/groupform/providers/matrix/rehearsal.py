"""Owns the Matrix rehearsal: a real homeserver of this machine, which the sandbox starts and stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydantic import SecretStr

from groupform import sandbox
from groupform.config.project import ResolvedDeployment
from groupform.engine.provider import Provider
from groupform.engine.rehearsal import Rehearsal, Stage

_PORT = 8028
"""Not the sandbox's: whoever rehearses may have that one running beside."""


@contextmanager
def homeserver(stage: Stage, provider: Provider) -> Iterator[Rehearsal]:
    """Starts the rehearsal's homeserver under the name that the project's people have their accounts on, and stops it.

    Raises Refused `sandbox-not-installed` and whatever else keeps it from starting.
    """
    people = _accounts(stage.deployments)
    name = server_name(people)
    local = sorted({each[1:].partition(":")[0] for each in people if each.partition(":")[2] == name})
    folder = stage.folder / name.replace(":", "_")
    running = sandbox.up(folder, people=local, server_name=name, prefer=_PORT)
    try:
        reach = {"homeserver": running.base_url, "access_token": SecretStr(running.access_token)}
        yield Rehearsal(provider, {each.key: reach for each in stage.connections}, real=True)
    finally:
        sandbox.down(folder)


def server_name(accounts: Sequence[str]) -> str:
    """The server most of the accounts live on; `localhost` where there are none. It never federates."""
    found = Counter(each.partition(":")[2] for each in accounts)
    return max(sorted(found), key=lambda each: found[each], default="localhost")


def _accounts(deployments: Sequence[ResolvedDeployment]) -> list[str]:
    """The Matrix ids of the people of these deployments, each once."""
    found = dict.fromkeys(each.account(person) or "" for each in deployments for person in each.people)
    return [each for each in found if each.startswith("@") and each.partition(":")[2]]
