"""Owns finding a deployment's objects again by the marks they bear, when the state that named them is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from groupform.compile.resource import Compiled, Resource
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import ResolvedDeployment
from groupform.engine.desired import compile_deployment
from groupform.engine.planning import session_context, unanswered
from groupform.engine.provider import Discovered, Failure, Ours, Ownership, Present, Provider
from groupform.engine.records import described, remembered
from groupform.engine.resource_type import Actor, ResourceType, Verb
from groupform.engine.subjects import join
from groupform.engine.survey import Survey, survey
from groupform.engine.world import World
from groupform.state.document import Binding, Document

_ROUNDS = 8
"""An object that refers to others is found once those have ids; no platform nests deeper."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The document as the marks tell it. `missing` is declared and was not found, `unlisted` cannot be looked for on
    this platform, `unread` nobody can read back; `undeclared` bears this deployment's mark and is in no file."""

    document: Document
    missing: tuple[Resource, ...]
    unlisted: tuple[Resource, ...]
    unread: tuple[Resource, ...]
    undeclared: tuple[Discovered, ...]


async def rebuild(deployment: ResolvedDeployment, world: World, *, lineage: str | None = None) -> Rebuilt:
    """Looks for every declared object that bears this deployment's mark; writes nothing.

    `lineage` chooses one state's objects where the marks of several are found. Raises Refused: `rebuild-nothing`,
    `rebuild-which`, the compiler's errors, or what kept the platform from answering.
    """
    provider = world.providers[deployment.connection.platform]
    document = Document(lineage=lineage or "", deployment=deployment.name, environment=deployment.environment)
    compiled = compile_deployment(deployment, document, provider)
    names = {deployment.name, *map(str, deployment.previously)}
    try:
        async with provider.connect(session_context(deployment, document, world)) as session:
            marked = [
                each
                for each in await session.discover()
                if each.owner is not None
                and each.owner.deployment in names
                and each.owner.environment == deployment.environment
            ]
        document = document.model_copy(update={"lineage": _chosen(deployment, marked, lineage)})
        # A session knows whose objects are ours by its context: with the lineage known, a new one is opened.
        async with provider.connect(session_context(deployment, document, world)) as session:
            seen = Survey(await session.whoami())
            for _ in range(_ROUNDS):
                seen = await survey(session, document, compiled, provider.types)
                found = _found(document, compiled, seen, provider)
                if found == document.bindings:
                    break
                document = document.model_copy(update={"bindings": found})
    except Failure as failure:
        raise unanswered(deployment, failure) from failure
    document = _applied(document, compiled, seen, provider.types)
    ids = {each.id for each in document.bindings.values()}
    absent = [each for each in compiled.resources if str(each.address) not in document.bindings]
    return Rebuilt(
        document,
        missing=tuple(each for each in absent if _readable(each, provider) and _listable(each, provider)),
        unlisted=tuple(each for each in absent if _readable(each, provider) and not _listable(each, provider)),
        unread=tuple(each for each in absent if not _readable(each, provider)),
        undeclared=tuple(each for each in marked if each.id not in ids and _of(each.owner, document)),
    )


def _chosen(deployment: ResolvedDeployment, marked: Sequence[Discovered], lineage: str | None) -> str:
    """The history whose marks are to be believed; a guess could bind the objects of another project of that name."""
    found = Counter(each.owner.lineage for each in marked if each.owner is not None)
    if lineage is not None and lineage in found:
        return lineage
    if not found or lineage is not None:
        raise Refused([Diagnostic("rebuild-nothing", params={"deployment": deployment.name})])
    if len(found) > 1:
        told = ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
        raise Refused([Diagnostic("rebuild-which", params={"deployment": deployment.name, "found": told})])
    return next(iter(found))


def _found(document: Document, compiled: Compiled, seen: Survey, provider: Provider) -> dict[str, Binding]:
    """The bindings with what this round has found."""
    bindings = dict(document.bindings)
    for each in compiled.resources:
        address, probe = str(each.address), seen.probes.get(str(each.address))
        if isinstance(probe, Ours) and address not in bindings and _readable(each, provider):
            bare = Binding(type=each.address.type, id=probe.id, applied={}, private=dict(probe.private))
            bindings[address] = described(bare, each)
    return bindings


def _applied(document: Document, compiled: Compiled, seen: Survey, types: Mapping[str, ResourceType]) -> Document:
    """What is there as it is declared counts as written by us; what differs is for the next plan to show."""
    bindings = dict(document.bindings)
    subjects, _ = join(document, compiled, seen, types)
    for each in subjects:
        binding = bindings.get(each.address)
        if binding is None or not isinstance(each.observation, Present):
            continue
        alike = {name: each.desired[name] for name in each.difference.converged if name in each.desired}
        private = each.observation.private
        bindings[each.address] = binding.model_copy(
            update={
                "applied": remembered(each.kind, alike),
                "private": dict(private) if private is not None else binding.private,
            }
        )
    return document.model_copy(update={"bindings": bindings})


def _readable(resource: Resource, provider: Provider) -> bool:
    return provider.types[resource.address.type].actor(Verb.read) is not Actor.nobody


def _listable(resource: Resource, provider: Provider) -> bool:
    return provider.types[resource.address.type].listable


def _of(owner: Ownership | None, document: Document) -> bool:
    return owner is not None and replace(owner, lineage=document.lineage) == owner
