"""Owns what a person says about steps: found by a short name, attested one or many at a time, taken back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import anyio

from groupform.calendar.asked import is_asked, is_line, message_of
from groupform.commands.asking import asked_of, check, joined, settle, take_back, words_of
from groupform.commands.finding import one_of
from groupform.commands.planning import Options, Planned, Trouble, choose, plan_all
from groupform.commands.projects import open_project, ready_deployments
from groupform.commands.rehearsing import play
from groupform.commands.run import Run
from groupform.commands.worlds import open_world
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project
from groupform.engine.attest import reopened
from groupform.engine.plan import Plan, Step
from groupform.engine.provider import Provider
from groupform.engine.step_ticks import Judged, Tick, Verdict, entries_of, judge, word_of
from groupform.engine.world import World
from groupform.state.document import Attestation, Document, Entry
from groupform.state.store import Holder, StateKey


@dataclass(frozen=True, slots=True)
class Bench:
    """What a person's word is written down with."""

    run: Run
    project: Project
    world: World

    @property
    def now(self) -> datetime:
        return self.run.now().astimezone(UTC)

    def provider(self, deployment: str) -> Provider:
        """The platform of a deployment that has open steps: it was planned, so it is there."""
        found = self.project.deployment(deployment)
        assert found is not None
        return self.world.providers[found.connection.platform]


@dataclass(frozen=True, slots=True)
class Open:
    """The open steps by key, each with its deployment, and what they were found with."""

    planned: Planned
    steps: Mapping[str, tuple[str, Step]] = field(default_factory=dict)

    def of(self, who: str | None) -> list[Step]:
        """The steps of one person, by key or by name; of everybody where none is named."""
        return [step for _, step in self.steps.values() if belongs(step, who)]


def belongs(step: Step, who: str | None) -> bool:
    return who is None or who in (step.who, step.name)


def open_steps(run: Run, env: str | None, deployments: Sequence[str] | None) -> Planned:
    """Plans for the sake of the steps: of the deployments asked for, or of all whose variables are set."""
    deployments = deployments or ready_deployments(run, env) or None
    project = open_project(run, env, deployments)
    world = open_world(run, project)
    chosen = choose(project, world, deployments)
    return anyio.run(plan_all, chosen, project, world, Options())


def look(run: Run, env: str | None, deployments: Sequence[str] | None) -> Open:
    """The open steps of the deployments asked for: those of their plans, and what their calendars ask of people.

    The latter need no platform: they are there also of deployments that cannot be planned here.
    """
    bench = open_bench(run, env)
    chosen = [each for each in bench.project.deployments if not deployments or each.name in deployments]
    asked = anyio.run(asked_of, chosen, bench.world)
    try:
        planned = open_steps(run, env, deployments)
    except Refused as refused:
        if not any(asked.values()):
            raise
        names = [each.name for each in chosen]
        planned = Planned(Plan(deployments=[]), (Trouble(names[0], tuple(refused.diagnostics), refused.exit_code),))
    plans = joined(planned.plan.deployments, asked, chosen, bench.world)
    planned = replace(planned, plan=planned.plan.model_copy(update={"deployments": plans}))
    return Open(planned, {step.key: (each.deployment, step) for each in plans for step in each.steps})


def check_person(run: Run, env: str | None, who: str | None, found: Open) -> None:
    """Raises Refused `person-unknown` for a name that nobody of the project has, and no step is left to."""
    if who is None or found.of(who):
        return
    people = open_bench(run, env).project.deployments
    known = {key: each.name for deployment in people for key, each in deployment.people.items()}
    if who not in known and who not in known.values():
        one_of(who, [*known, *known.values()], "person-unknown")


def find_steps(run: Run, env: str | None, texts: Sequence[str]) -> list[tuple[str, Step]]:
    """The open steps that `texts` name, each with its deployment. Raises Refused `step-unknown`."""
    named = [_deployment_of(each) for each in texts]
    found = look(run, env, None if None in named else [each for each in named if each])
    if not found.steps and found.planned.troubles:
        raise Refused(found.planned.troubles[0].diagnostics, exit_code=found.planned.trouble_code)
    return [found.steps[key] for each in texts for key in _keys(each, found)]


def _keys(text: str, found: Open) -> list[str]:
    """The step that is named, or all open lines of a list that is."""
    lists = {key: step.place for key, (_, step) in found.steps.items() if is_line(step) and step.place is not None}
    ending = {each for each in lists.values() if each == text or each.endswith(f"/{text}")}
    if len(ending) == 1 and text not in found.steps:
        return [key for key, place in lists.items() if place in ending]
    return [one_of(text, found.steps, "step-unknown")]


def attest(
    run: Run, env: str | None, keys: Sequence[str], by: str | None, note: str, answer: int | None = None
) -> list[str]:
    """Writes down that steps are done, for exactly the words that the steps show now. Returns their full keys.

    Either all of them are written down, or none: a key that names no step, or one that closes by itself, is refused
    before anything is written. In a rehearsal the latter are played: somebody does them on the platform's side.
    """
    bench = open_bench(run, env)
    found = find_steps(run, env, keys)
    played = play(run, bench.project, bench.world.store, found) if run.rehearsing else []
    found = [each for each in found if each[1].key not in played]
    observed = [
        Diagnostic("step-is-confirmed" if message_of(step) else "step-is-observed", params={"key": step.key})
        for _, step in found
        if step.proof == "observed"
    ]
    if observed:
        raise Refused(observed)
    who = by or bench.world.who
    words = []
    for deployment, step in found:
        check_say(bench, deployment, step, who)
    for deployment, step in {step.key: (deployment, step) for deployment, step in found}.values():
        tick = Tick(step.key, step.ticket, note=note, answer=answer)
        words.append((deployment, step, word_of(tick, step, by=who, now=bench.now)))
    record(bench, words)
    return [*played, *(step.key for _, step in found)]


def check_say(bench: Bench, name: str, step: Step, who: str) -> None:
    """Raises Refused where `who` has no say in a step: nobody agrees to what they send themselves."""
    deployment = bench.project.deployment(name)
    if is_asked(step) and deployment is not None:
        check(deployment, bench.world, step, who)


def record(bench: Bench, words: Iterable[tuple[str, Step, Attestation]]) -> None:
    """Makes words durable: one write a deployment into its state, one into its calendar's ledger."""
    from groupform.engine.desired import compile_deployment

    by_deployment: dict[str, list[tuple[Step, Attestation]]] = {}
    of_calendars: dict[str, list[tuple[Step, Attestation]]] = {}
    for name, step, word in words:
        (of_calendars if is_asked(step) else by_deployment).setdefault(name, []).append((step, word))
    for name, said in of_calendars.items():
        declared = bench.project.deployment(name)
        assert declared is not None
        anyio.run(settle, declared, bench.world, said)
    for name, mine in by_deployment.items():

        def entries(
            document: Document, mine: list[tuple[Step, Attestation]] = mine, name: str = name
        ) -> Sequence[Entry]:
            resolved, provider = bench.project.deployment(name), bench.provider(name)
            assert resolved is not None
            compiled = compile_deployment(resolved, document, provider)
            return entries_of(mine, document, compiled.resources, provider.types)

        anyio.run(commit, bench, name, entries)


def take_ticks(run: Run, env: str | None, ticks: Sequence[Tick], by: str | None, *, strict: bool) -> list[Judged]:
    """Judges ticks and writes down those that hold; with `strict` nothing where one does not. Returns all of them."""
    bench = open_bench(run, env)
    named = dict.fromkeys(each.key.partition("/")[0] for each in ticks)
    known = [each.name for each in bench.project.deployments if each.name in named]
    found = look(run, env, known) if known else Open(Planned(Plan(deployments=[])))
    if found.planned.troubles:
        raise Refused(found.planned.troubles[0].diagnostics, exit_code=found.planned.trouble_code)
    said: dict[str, Attestation] = {}
    for name in known:
        document = anyio.run(bench.world.store.read, StateKey(name, bench.project.environment))
        said.update(document.attestations if document is not None else {})
    here = [each for each in bench.project.deployments if each.name in known]
    said.update(anyio.run(words_of, here, bench.world))
    judged = judge(ticks, {key: step for key, (_, step) in found.steps.items()}, said)
    if strict and any(each.refused for each in judged):
        return judged
    words = []
    for each in judged:
        if each.verdict is Verdict.taken and each.step is not None:
            who = by or each.tick.who or bench.world.who
            check_say(bench, found.steps[each.step.key][0], each.step, who)
            words.append(
                (found.steps[each.step.key][0], each.step, word_of(each.tick, each.step, by=who, now=bench.now))
            )
    record(bench, words)
    return judged


def reopen(run: Run, env: str | None, keys: Sequence[str]) -> list[str]:
    """Takes back what was said of steps. Returns their full keys. Raises Refused `step-not-done`."""
    bench = open_bench(run, env)
    back = []
    for text in keys:
        of_calendars = anyio.run(words_of, bench.project.deployments, bench.world)
        found = _said(bench, text, of_calendars)
        deployment = found.partition("/")[0]
        declared = bench.project.deployment(deployment)
        if found in of_calendars and declared is not None:
            anyio.run(take_back, declared, bench.world, found)
        else:
            anyio.run(commit, bench, deployment, lambda document, key=found: reopened(key, document, bench.now))
        back.append(found)
    return back


def open_bench(run: Run, env: str | None) -> Bench:
    """The project and the store, without asking for any secret."""
    from groupform.commands.bindings import load_leniently

    project = load_leniently(run, env)
    return Bench(run, project, open_world(run, project))


async def commit(bench: Bench, deployment: str, entries: Callable[[Document], Sequence[Entry]]) -> None:
    """Makes durable what `entries` gives for the state as it is inside the lock."""
    key = StateKey(deployment, bench.project.environment)
    when = bench.now.isoformat(timespec="seconds").replace("+00:00", "Z")
    holder = Holder(bench.world.who, os.getpid(), when, bench.run.command)
    async with bench.world.store.open(key, holder) as writer:
        found = entries(writer.document)
        if found:
            await writer.commit(found)


def _said(bench: Bench, text: str, of_calendars: Iterable[str]) -> str:
    async def read() -> list[str]:
        found: list[str] = []
        for key in await bench.world.store.list():
            if key.environment == bench.project.environment:
                document = await bench.world.store.read(key)
                found.extend(document.attestations if document else ())
        return found

    return one_of(text, [*anyio.run(read), *of_calendars], "step-not-done")


def _deployment_of(text: str) -> str | None:
    """The deployment a full key names: then only that one is looked at."""
    head, slash, rest = text.partition("/")
    return head if slash and "." in rest.partition("/")[0] else None
