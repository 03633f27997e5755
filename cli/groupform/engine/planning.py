"""Owns planning as it touches the world: the state is read, the platform is looked at once, the rest is pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC

from groupform.compile.resource import Compiled
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.config.project import Project, ResolvedDeployment
from groupform.config.reader import without_gc
from groupform.engine.adoption import Adopts, forms_of
from groupform.engine.checks import evaluate
from groupform.engine.desired import compile_deployment, team_accounts, without_refusals
from groupform.engine.forms import with_forms
from groupform.engine.plan import DeploymentPlan, Inputs
from groupform.engine.planner import PlanInputs, make_plan
from groupform.engine.provider import Context, Failed, Failure, Follows, Observation, Ownership, Provider, SharesLimits
from groupform.engine.purging import check_purge, look_ahead
from groupform.engine.settling import unsettled
from groupform.engine.step_rules import step_rules
from groupform.engine.survey import Survey, survey
from groupform.engine.undo import Goal
from groupform.engine.undoing import goal_of, look_for, past_of
from groupform.engine.world import World
from groupform.state.document import Binding, Document
from groupform.state.renaming import rename_deployment
from groupform.state.store import StateKey, Store


async def plan_deployment(
    deployment: ResolvedDeployment,
    project: Project,
    world: World,
    *,
    deep: bool = False,
    destroy: bool = False,
    refresh_only: bool = False,
    discover: bool = False,
    document: Document | None = None,
    undo: int | None = None,
    purge: Sequence[str] = (),
    leave: frozenset[str] = frozenset(),
) -> DeploymentPlan:
    """Plans one deployment; writes nothing. What it takes and raises is said at `gather`."""
    given = await gather(
        deployment,
        project,
        world,
        deep=deep,
        destroy=destroy,
        refresh_only=refresh_only,
        discover=discover,
        document=document,
        undo=undo,
        purge=purge,
        leave=leave,
    )
    with without_gc():
        return make_plan(given)


async def gather(
    deployment: ResolvedDeployment,
    project: Project,
    world: World,
    *,
    deep: bool = False,
    destroy: bool = False,
    refresh_only: bool = False,
    discover: bool = False,
    document: Document | None = None,
    undo: int | None = None,
    purge: Sequence[str] = (),
    leave: frozenset[str] = frozenset(),
) -> PlanInputs:
    """All that a plan of one deployment is made from, or a report of its drift; writes nothing.

    `document` is the state to plan from, where the caller holds it (an apply, inside its lock); it is read otherwise.
    `deep` also reads what is costly, `discover` lists what nobody manages. `undo` is the serial of the state that is to
    be gone back to, in place of what the files ask for; `purge` are addresses of groups to end for everybody, `leave`
    those of objects that are kept though they are declared no more. Raises
    Refused: `provider-not-installed`, the compiler's errors, `undo-serial-unknown`, what is wrong with a name to purge,
    or, with exit code 4, what kept the platform from answering.
    """
    provider = world.providers.get(deployment.connection.platform)
    if provider is None:
        raise Refused([_provider_missing(deployment)])
    if deployment.model.adopt is not None and not isinstance(provider, Adopts):
        raise Refused([Diagnostic("adopt-not-possible", params={"platform": deployment.connection.platform})])
    reviewed = document is not None
    if document is None:
        document = await _document(deployment, world.store)
    if deep:
        document = without_refusals(document)
    with without_gc():
        compiled = compile_deployment(deployment, document, provider, destroy=destroy)
        if isinstance(provider, SharesLimits) and not destroy:
            compiled = replace(compiled, diagnostics=(*compiled.diagnostics, *_too_many(deployment, project, provider)))
    errors = [each for each in compiled.diagnostics if each.severity is Severity.error]
    if errors and undo is None:
        raise Refused(errors)
    goal = await _goal(deployment, world, provider, document, compiled, undo, deep) if undo is not None else None
    if goal is not None:
        compiled, document = goal.compiled, goal.document
    wrong = check_purge(purge, deployment.name, document, compiled, provider.types)
    # In an apply what was named may be gone by now: it was done, and the rest goes on.
    wrong = [each for each in wrong if not (reviewed and each.code.startswith("purge-unknown"))]
    if wrong:
        raise Refused(wrong)
    as_of = world.now().astimezone(UTC)
    names = (deployment.name, *deployment.previously)
    pause = unsettled(document, provider.types, as_of)
    if pause > 0:
        world.observer.waiting(pause, "plan-waiting-settle")
        await world.sleep(pause)
    former = {address: (each.binding, each.observation) for address, each in goal.former.items()} if goal else None
    seen, compiled = await _look(
        deployment, world, provider, document, compiled, deep=deep, discover=discover, former=former, purge=purge
    )
    if goal is None:
        adopted = forms_of(deployment, provider, compiled, seen)
        compiled = with_forms(compiled, adopted, provider.types, document.bindings)
    claimed = await _claimed(deployment, project, world.store)
    return PlanInputs(
        deployment=deployment.name,
        environment=deployment.environment,
        platform=deployment.connection.platform,
        types=provider.types,
        compiled=compiled,
        document=document,
        survey=seen,
        inputs=Inputs(
            config_digest=project.digest,
            as_of=as_of.isoformat(timespec="seconds"),
            version=world.version,
            account=seen.identity.account,
            server=seen.identity.server,
            state_lineage=document.lineage or None,
            state_serial=document.serial,
            variables=dict(project.variables),
        ),
        as_of=as_of,
        owners=frozenset(_ownership(each, deployment, document) for each in names),
        guards=project.guards,
        accept_gaps=tuple(map(str, deployment.accept_gaps)),
        checks=() if destroy or refresh_only or goal is not None else tuple(evaluate(deployment, compiled.access)),
        claimed=claimed,
        people={key: each.name for key, each in deployment.people.items()},
        accounts=_accounts(deployment),
        steps=step_rules(deployment, project),
        concurrency=provider.concurrency,
        destroy=destroy,
        deep=deep,
        purge=tuple(dict.fromkeys(purge)),
        refresh_only=refresh_only,
        fleeting=world.fleeting,
        undo=undo,
        goal=goal,
        leave=leave,
    )


def _accounts(deployment: ResolvedDeployment) -> dict[str, str]:
    """Whose each account of the connection's directory is, whatever the case that it is written in."""
    named: dict[str, str] = {}
    for key, each in deployment.people.items():
        account = deployment.account(key)
        if account is not None:
            named.setdefault(account.casefold(), each.name)
    return named


def _too_many(deployment: ResolvedDeployment, project: Project, provider: SharesLimits) -> Sequence[Diagnostic]:
    """What one account would hold too many of, with all that the project's other deployments declare for it."""
    platform = deployment.connection.platform
    others = [
        each for each in project.deployments if each.connection.platform == platform and each.name != deployment.name
    ]
    return provider.over_limits(deployment, others)


def session_context(deployment: ResolvedDeployment, document: Document, world: World) -> Context:
    """What a provider's session is given for this deployment: the same for planning and for applying."""
    return Context(
        connection=deployment.connection,
        ownership=_ownership(deployment.name, deployment, document),
        team=team_accounts(deployment),
        max_wait=world.max_wait,
        now=lambda: world.now().timestamp(),
        sleep=world.sleep,
        waiting=world.observer.waiting,
        cache=world.cache,
        together=world.together,
    )


def unanswered(deployment: ResolvedDeployment, failure: Failure) -> Refused:
    """The end of a command whose platform did not answer, or answered no: exit code 4, or 1."""
    place = deployment.connection.place
    found = Diagnostic(
        failure.code,
        span=place.span if place is not None else None,
        params={"deployment": deployment.name, "connection": deployment.connection.key, **failure.params},
        source_line=place.source_line if place is not None else None,
    )
    return Refused([found], exit_code=4 if failure.unreachable else 1)


async def _look(
    deployment: ResolvedDeployment,
    world: World,
    provider: Provider,
    document: Document,
    compiled: Compiled,
    *,
    deep: bool,
    discover: bool,
    former: Mapping[str, tuple[Binding, Observation]] | None,
    purge: Sequence[str],
) -> tuple[Survey, Compiled]:
    """What is seen, and what is desired with all that the platform has made by itself since."""
    try:
        async with provider.connect(session_context(deployment, document, world)) as session:
            if isinstance(session, Follows) and former is None:
                ids = frozenset(each.id for each in document.bindings.values())
                more = await session.followers(compiled, ids)
                compiled = replace(compiled, resources=(*compiled.resources, *more))
            seen = await survey(
                session, document, compiled, provider.types, deep=deep, discover=discover, former=former
            )
            if purge:
                seen = replace(seen, purges=await look_ahead(session, purge, document, seen.observations))
    except Failure as failure:
        raise unanswered(deployment, failure) from failure
    failed = [each.failure for each in seen.observations.values() if isinstance(each, Failed)]
    silent = [each for each in failed if each.unreachable]
    if silent and len(failed) == len(seen.observations):
        raise unanswered(deployment, silent[0])
    return seen, compiled


async def _goal(
    deployment: ResolvedDeployment,
    world: World,
    provider: Provider,
    document: Document,
    files: Compiled,
    serial: int,
    deep: bool,
) -> Goal:
    """Where an undo goes. What was let go since is looked at first: whether it is there decides what is to be done."""
    past = await past_of(document, world.store, serial)
    try:
        async with provider.connect(session_context(deployment, document, world)) as session:
            former = await look_for(session, document, past.document, provider.types, deep=deep)
    except Failure as failure:
        raise unanswered(deployment, failure) from failure
    with without_gc():
        return goal_of(document, past, files, provider.types, former)


async def _document(deployment: ResolvedDeployment, store: Store) -> Document:
    """The state; under an earlier name of the deployment where there is none under this one; else an empty one."""
    found = await store.read(StateKey(deployment.name, deployment.environment))
    if found is not None:
        return found
    for name in deployment.previously:
        former = await store.read(StateKey(str(name), deployment.environment))
        if former is not None:
            return rename_deployment(former, deployment.name)
    return Document(lineage="", deployment=deployment.name, environment=deployment.environment)


async def _claimed(deployment: ResolvedDeployment, project: Project, store: Store) -> Mapping[tuple[str, str], str]:
    """Objects on the same connection that another deployment's state names: nobody shall manage them twice."""
    claimed: dict[tuple[str, str], str] = {}
    for other in project.deployments:
        if other.name == deployment.name or other.connection.key != deployment.connection.key:
            continue
        document = await store.read(StateKey(other.name, other.environment))
        for each in document.bindings.values() if document is not None else ():
            claimed.setdefault((each.type, each.id), other.name)
    return claimed


def _ownership(name: str, deployment: ResolvedDeployment, document: Document) -> Ownership:
    return Ownership(document.lineage, str(name), deployment.environment)


def _provider_missing(deployment: ResolvedDeployment) -> Diagnostic:
    place = deployment.connection.place
    return Diagnostic(
        "provider-not-installed",
        span=place.span if place is not None else None,
        params={"platform": deployment.connection.platform, "deployment": deployment.name},
        source_line=place.source_line if place is not None else None,
    )
