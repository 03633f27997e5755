"""Owns what the verbs share that put a state right: who holds the lock, what is asked first, how a copy is read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import anyio
from pydantic import ValidationError

from groupform.commands.bindings import load_leniently
from groupform.commands.carrying_out import ask
from groupform.commands.run import Run
from groupform.commands.worlds import open_world
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project
from groupform.engine.upkeep import wrong_addresses
from groupform.engine.world import World
from groupform.state.document import FORMAT_VERSION, Document, Entry
from groupform.state.store import Holder, StateKey


@dataclass(frozen=True, slots=True)
class Place:
    """A project's states in one environment, and the world to reach them in."""

    run: Run
    project: Project
    world: World

    def key(self, deployment: str) -> StateKey:
        return StateKey(deployment, self.project.environment)

    @property
    def holder(self) -> Holder:
        since = self.run.now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return Holder(self.world.who, os.getpid(), since, self.run.command)

    def read(self, deployment: str) -> Document | None:
        """The document as it is durable now. Raises Refused for what cannot be trusted."""
        return anyio.run(self.world.store.read, self.key(deployment))

    def write(self, deployment: str, entries: Callable[[Document], Sequence[Entry]]) -> bool:
        """Under the lock: what `entries` makes of the document as it is then becomes durable, in one write.

        False where there is nothing to write. Raises Refused, with nothing written.
        """

        async def commit() -> bool:
            async with self.world.store.open(self.key(deployment), self.holder) as writer:
                made = entries(writer.document)
                await writer.commit(made)
                return bool(made)

        return anyio.run(commit)


def place_of(run: Run, env: str | None) -> Place:
    """Where the states of an environment are; no secret of a platform is asked for."""
    project = load_leniently(run, env)
    return Place(run, project, open_world(run, project))


def agreed(run: Run, yes: bool, question: str, **params: object) -> bool:
    """Whether it may be done: by --yes, or by somebody's yes. Raises Refused `upkeep-nobody` where nobody is there."""
    terminal = run.terminal
    if yes:
        return True
    if not terminal.interactive or run.stdin is None:
        raise Refused([Diagnostic("upkeep-nobody")])
    if ask(run, terminal.say(question, **params)):
        return True
    terminal.aside(terminal.say("ask-declined"))
    return False


def read_copy(file: Path) -> Document:
    """A state as `state pull` printed it, or as a backup holds it. Raises Refused for anything else."""
    try:
        content: Any = json.loads(file.read_bytes().decode("utf-8"))
    except FileNotFoundError as error:
        raise _refused("state-push-missing", file) from error
    except OSError as error:
        raise _refused("state-not-readable", file, reason=error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise _refused("state-push-wrong", file) from error
    if isinstance(content, list) and len(content) == 1:
        (content,) = content
    version = content.get("format_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise _refused("state-newer", file, version=version, known=FORMAT_VERSION)
    try:
        document = Document.model_validate(content)
    except ValidationError as error:
        raise _refused("state-push-wrong", file) from error
    wrong = wrong_addresses(document)
    if wrong or not document.lineage:
        raise _refused("state-push-address" if wrong else "state-push-wrong", file, addresses=", ".join(wrong[:5]))
    return document


def _refused(code: str, file: Path, **params: object) -> Refused:
    return Refused([Diagnostic(code, params={"file": str(file), **params})])
