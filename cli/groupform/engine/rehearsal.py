"""Owns the contract between the engine and a rehearsal: a provider that can stand on a stage with no account at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.plan import Step
from groupform.engine.provider import Provider
from groupform.engine.resource_type import Actor, Verb
from groupform.state.document import Document


@dataclass(frozen=True, slots=True)
class Stage:
    """What a rehearsal is given. `folder` is the platform's own, kept between commands; `deployments` are all that will
    play there, and tell of what accounts and owners there must be."""

    folder: Path
    connections: Sequence[Connection]
    deployments: Sequence[ResolvedDeployment]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A provider that reaches its rehearsal server only. `settings` are each connection's, by key: whole, so that what
    is not set on this machine (a token, an address) is not missed. `real` marks a real server, on loopback."""

    provider: Provider
    settings: Mapping[str, Mapping[str, Any]]
    real: bool = False


@runtime_checkable
class Rehearses(Protocol):
    """A provider that brings a rehearsal server."""

    def rehearse(self, stage: Stage) -> AbstractContextManager[Rehearsal]:
        """Opens the platform's rehearsal server; it closes with the command, and its world stays in the folder.

        Raises Refused where it cannot be had on this machine.
        """


@runtime_checkable
class Acts(Protocol):
    """A rehearsed provider on whose platform people can be played: what only a person does there gets done."""

    def act(self, step: Step, deployment: ResolvedDeployment, document: Document) -> bool:
        """Does what the step asks of a person, on the platform's side. False where it does not know how."""


def sends_nothing(provider: Provider) -> bool:
    """Whether people do all that this provider knows of, so that a rehearsal needs no server."""
    hands = {Actor.person, Actor.nobody}
    return all(kind.actor(verb) in hands for kind in provider.types.values() for verb in Verb)
