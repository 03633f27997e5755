"""Owns the talk about creations whose outcome nobody saw: what is known, what a person says, what is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from groupform.commands.ending import exit_code
from groupform.commands.finding import one_of
from groupform.commands.planning import Trouble, show_troubles, trouble_of
from groupform.commands.projects import open_project
from groupform.commands.run import Run
from groupform.commands.upkeep import Place, place_of
from groupform.commands.worlds import open_world
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.settle import Answer, Question, look_around, settling, undeclared
from groupform.render.upkeep import show_progress, show_question
from groupform.state.document import ClosedIntent, Document, Entry


@dataclass(frozen=True, slots=True)
class _Case:
    """One deployment with something open; `deployment` is None where no file declares it."""

    document: Document
    deployment: ResolvedDeployment | None
    questions: tuple[Question, ...] = ()


def recover_all(
    run: Run, env: str | None, names: Sequence[str] | None, bind: Sequence[str], never: Sequence[str]
) -> int:
    """Shows every half-done apply and every open creation, takes the answers given, asks for the others.

    Returns 0 where nothing is left that a person must tell, else 3. Raises Refused for an answer that cannot be.
    """
    terminal = run.terminal
    place = place_of(run, env)
    documents = [each for each in _documents(place) if not names or each.deployment in names]
    half_done = [each for each in documents if each.intents or each.progress is not None]
    if not half_done:
        _nothing_open(bind, never)
        terminal.line(terminal.say("recover-nothing"), style="good")
        return 0
    place, cases, troubles = _look(run, env, place, half_done)
    given = _given(cases, bind, never)
    left = 0
    for case in cases:
        bound = len(case.document.bindings)
        platform = case.deployment.connection.platform if case.deployment is not None else ""
        show_progress(terminal, case.document.deployment, case.document.progress, bound)
        for question in case.questions:
            show_question(terminal, question, platform)
            answer = given.get(question.address) or (_asked(run, question) if question.for_people else None)
            if answer is None:
                left += question.for_people
                continue
            _settle(place, case, question, answer)
            code = "recover-never-done" if answer.id is None else "recover-bind-done"
            terminal.line(terminal.say(code, address=question.address, id=answer.id or ""), indent=4, style="good")
    show_troubles(terminal, troubles)
    if not troubles:
        terminal.line(terminal.count("recover-left", left) if left else terminal.say("recover-go-on"), hanging=2)
    return exit_code([*(each.exit_code for each in troubles), 3 if left else 0])


def _documents(place: Place) -> list[Document]:
    async def read() -> list[Document]:
        keys = [each for each in await place.world.store.list() if each.environment == place.project.environment]
        return [found for key in keys if (found := await place.world.store.read(key)) is not None]

    return anyio.run(read)


def _look(
    run: Run, env: str | None, place: Place, documents: Sequence[Document]
) -> tuple[Place, list[_Case], list[Trouble]]:
    """Looks on the platforms of what is open; a deployment that cannot be looked at hides none of the others."""
    asking = [each.deployment for each in documents if each.intents and place.project.deployment(each.deployment)]
    project: Project = place.project
    if asking:
        project = open_project(run, env, asking)
        place = Place(run, project, open_world(run, project, max_wait=60.0))
    cases: list[_Case] = []
    troubles: list[Trouble] = []
    for each in documents:
        deployment = project.deployment(each.deployment)
        if deployment is None or deployment.connection.platform not in place.world.providers:
            cases.append(_Case(each, None, tuple(undeclared(each))))
            continue
        try:
            questions = anyio.run(look_around, deployment, each, place.world) if each.intents else []
            cases.append(_Case(each, deployment, tuple(questions)))
        except Exception as error:
            troubles.append(trouble_of(each.deployment, error))
            cases.append(_Case(each, deployment))
    return place, cases, troubles


def _given(cases: Sequence[_Case], bind: Sequence[str], never: Sequence[str]) -> dict[str, Answer]:
    """The answers on the command line, by address. Raises Refused for one that answers nothing."""
    known = [question.address for case in cases for question in case.questions]
    answers: dict[str, Answer] = {}
    for text in bind:
        # An id may hold what an address may not; an address holds no equals sign before its own end.
        address, sign, object_id = text.partition("=")
        if not sign or not object_id.strip():
            raise Refused([Diagnostic("recover-bind-wrong", params={"text": text})])
        found = one_of(address, known, "recover-open")
        answers[found] = Answer(found, object_id.strip())
    for text in never:
        found = one_of(text, known, "recover-open")
        if found in answers:
            raise Refused([Diagnostic("recover-both", params={"address": found})])
        answers[found] = Answer(found, None)
    return answers


def _nothing_open(bind: Sequence[str], never: Sequence[str]) -> None:
    for text in (*bind, *never):
        raise Refused([Diagnostic("recover-open", params={"text": text.partition("=")[0]})])


def _asked(run: Run, question: Question) -> Answer | None:
    """What the person at the terminal says; None where nobody is there, or nothing is said."""
    terminal = run.terminal
    if not terminal.interactive or run.stdin is None:
        return None
    terminal.err.print(terminal.say("recover-ask") + " ", end="", style="head")
    run.stderr.flush()
    said = run.stdin.readline().strip()
    if not said:
        return None
    if said.lower() in terminal.words.text("recover-no-words").split():
        return Answer(question.address, None)
    return Answer(question.address, said)


def _settle(place: Place, case: _Case, question: Question, answer: Answer) -> None:
    name = case.document.deployment
    if case.deployment is None:
        if answer.id is not None:
            raise Refused([Diagnostic("recover-undeclared-bind", params={"address": question.address})])
        made: list[Entry] = [ClosedIntent(address=question.address)]
    else:
        made = anyio.run(settling, case.deployment, case.document, place.world, question, answer)

    def entries(document: Document) -> Sequence[Entry]:
        if document.intents.get(question.address) != question.intent:
            raise Refused([Diagnostic("recover-moved-on", params={"address": question.address})])
        return made

    place.write(name, entries)
