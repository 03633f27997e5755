"""Owns planning several deployments side by side: one that fails hides none of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio

from groupform.commands.ending import exit_code
from groupform.compile.address import Address, AddressError
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.plan import DeploymentPlan, Plan, digest_of
from groupform.engine.provider import Failure
from groupform.engine.world import World
from groupform.render.diagnostics import show_diagnostics
from groupform.render.plan_view import findings
from groupform.render.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Options:
    """How to plan."""

    deep: bool = False
    destroy: bool = False
    refresh_only: bool = False
    purge: tuple[str, ...] = ()
    undo: Mapping[str, int] = field(default_factory=dict)
    """To which state a deployment goes back, by name."""


_AT_A_TIME = 16
"""How many deployments on one connection are worked on at once: each holds a lock, a state and connections."""


class Room:
    """Lets so many deployments of each connection in at a time."""

    def __init__(self, size: int = _AT_A_TIME) -> None:
        self._size = size
        self._by_connection: dict[str, anyio.Semaphore] = {}

    def on(self, deployment: ResolvedDeployment) -> anyio.Semaphore:
        return self._by_connection.setdefault(deployment.connection.key, anyio.Semaphore(self._size))


@dataclass(frozen=True, slots=True)
class Trouble:
    """A deployment that could not be planned or applied: what to show, and the exit code that it asks for."""

    deployment: str
    diagnostics: tuple[Diagnostic, ...]
    exit_code: int


@dataclass(frozen=True, slots=True)
class Planned:
    """The plans that could be made, in declared order, and the troubles."""

    plan: Plan
    troubles: tuple[Trouble, ...] = ()

    @property
    def trouble_code(self) -> int:
        return exit_code([each.exit_code for each in self.troubles])


def choose(project: Project, world: World, names: Sequence[str] | None) -> list[ResolvedDeployment]:
    """The deployments asked for by name, or all. Raises Refused for an unknown name, and for one without a provider."""
    import difflib

    known = [each.name for each in project.deployments]
    wrong: list[Diagnostic] = []
    for name in names or ():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            code = "deployment-unknown-near" if near else "deployment-unknown"
            params = {"name": name, "near": near[0] if near else "", "known": ", ".join(known)}
            wrong.append(Diagnostic(code, params=params))
    chosen: list[ResolvedDeployment] = []
    for each in project.deployments:
        if names and each.name not in names:
            continue
        if each.connection.platform in world.providers:
            chosen.append(each)
            continue
        params = {"deployment": each.name, "platform": each.connection.platform, "known": ", ".join(world.providers)}
        if names:
            wrong.append(Diagnostic("provider-not-installed", params=params))
    if wrong:
        raise Refused(wrong)
    return chosen


def named(purge: Sequence[str] | None, chosen: Sequence[ResolvedDeployment]) -> tuple[str, ...]:
    """What `--purge` named, each in a deployment that is worked on; the plan looks at the rest. Raises Refused."""
    wrong: list[Diagnostic] = []
    for text in purge or ():
        try:
            deployment = Address.parse(text).deployment
        except AddressError:
            params = {"address": text, "known": f"{chosen[0].name}/room.lobby" if chosen else ""}
            wrong.append(Diagnostic("purge-not-an-address", params=params))
            continue
        if deployment not in [each.name for each in chosen]:
            wrong.append(Diagnostic("purge-elsewhere", params={"address": text, "deployment": deployment}))
    if wrong:
        raise Refused(wrong)
    return tuple(purge or ())


async def plan_all(
    deployments: Sequence[ResolvedDeployment], project: Project, world: World, options: Options
) -> Planned:
    """Plans the deployments side by side; the answer is in the order given."""
    from groupform.engine.planning import plan_deployment

    made: dict[str, DeploymentPlan] = {}
    troubles: dict[str, Trouble] = {}
    room = Room()

    async def one(deployment: ResolvedDeployment) -> None:
        try:
            async with room.on(deployment):
                made[deployment.name] = await plan_deployment(
                    deployment,
                    project,
                    world,
                    deep=options.deep,
                    destroy=options.destroy,
                    refresh_only=options.refresh_only,
                    discover=options.deep,
                    undo=options.undo.get(deployment.name),
                    purge=[each for each in options.purge if each.startswith(f"{deployment.name}/")],
                )
        except Exception as error:
            troubles[deployment.name] = trouble_of(deployment.name, error)

    async with anyio.create_task_group() as group:
        for each in deployments:
            group.start_soon(one, each)
    plans = [made[each.name] for each in deployments if each.name in made]
    return Planned(whole(plans), tuple(troubles[each.name] for each in deployments if each.name in troubles))


def whole(plans: Sequence[DeploymentPlan]) -> Plan:
    """Several deployments' plans as one, with the digest of what they would do together."""
    return Plan(deployments=list(plans), digest=digest_of([each.digest for each in plans]))


def trouble_of(deployment: str, error: Exception) -> Trouble:
    """What a deployment's failure says and asks for. A surprise is raised again: it is a bug."""
    if isinstance(error, Refused):
        return Trouble(deployment, tuple(error.diagnostics), error.exit_code)
    if isinstance(error, Failure):
        return Trouble(deployment, (Diagnostic(error.code, params=dict(error.params)),), 4 if error.unreachable else 1)
    if isinstance(error, ExceptionGroup) and all(isinstance(each, Refused | Failure) for each in error.exceptions):
        parts = [trouble_of(deployment, each) for each in error.exceptions]
        found = tuple(each for part in parts for each in part.diagnostics)
        return Trouble(deployment, found, exit_code([each.exit_code for each in parts]))
    raise error


def show_troubles(terminal: Terminal, troubles: Sequence[Trouble]) -> None:
    """Prints to `err` why each of these could not be worked on."""
    for each in troubles:
        terminal.aside()
        terminal.aside(terminal.say("deployment-failed", deployment=each.deployment), style="alarm")
        show_diagnostics(terminal, each.diagnostics)


def plan_code(planned: Planned, *, detailed: bool, looking: bool = False) -> int:
    """The exit code of a plan (DESIGN §6). A plan that only looks has no changes: what drifted counts as one."""
    codes = [planned.trouble_code]
    for each in planned.plan.deployments:
        if any(finding.blocks and not finding.approvable for _, finding in findings(each)):
            codes.append(1)
        if any(not unread.hidden for unread in each.unreadable):
            codes.append(4)
        if detailed and (not each.empty or each.remembered or (looking and each.drift)):
            codes.append(2)
    return exit_code(codes)


def unread_code(plan: DeploymentPlan) -> int:
    """How an apply ends over what could not be read: 4 where the platform did not answer, 3 where a person must let us
    in first. What is declared of those objects was not brought about."""
    if not plan.unreadable:
        return 0
    return 3 if all(each.hidden for each in plan.unreadable) else 4


def worth_applying(plan: DeploymentPlan) -> bool:
    """Whether an apply would change anything at all: on the platform, or in what the state remembers."""
    new_steps = any(each.pressing for each in plan.steps)
    return bool(plan.changes or new_steps or plan.converged or plan.remembered or plan.recovery)
