"""Owns a second person's word about what the calendar sends: given for exactly these words, or taken back."""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from groupform.calendar.answering import agreement, withdrawn
from groupform.calendar.approving import agreed, approver, words_to_approve
from groupform.calendar.due import spelled
from groupform.commands.asking import posts_in, write
from groupform.commands.run import Run
from groupform.commands.stepping import open_bench
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.world import World
from groupform.render.terminal import clean
from groupform.state.document import Document, Entry


def agree(run: Run, env: str | None, names: Sequence[str] | None, post: str, by: str, *, withdraw: bool) -> int:
    """Writes down that somebody agrees to an entry, in every deployment that has it; returns the exit code.

    Asks no platform, and needs no secret. Raises Refused for an unknown entry, for one that needs nobody, and, with
    those who may, for anybody who has no say; then nothing is written.
    """
    bench = open_bench(run, env)
    item = post.rpartition("approval.")[2].partition("@")[0]
    having = _having(bench.project, names, item)
    now = bench.now
    who = {each.name: approver(each, item, by, not posts_in(each, bench.world), now) for each in having}
    changed = [each for each in having if anyio.run(_write, each, bench.world, item, who[each.name], withdraw)]
    terminal = run.terminal
    person = having[0].people[who[having[0].name]].name
    shown = terminal.say("list-comma").join(each.name for each in changed or having)
    if withdraw:
        if not changed:
            raise Refused([Diagnostic("approve-nothing-given", params={"name": item})])
        terminal.line(terminal.say("post-withdrawn", name=item, deployments=shown))
        return 0
    code = "post-approved" if changed else "post-approved-already"
    terminal.line(terminal.say(code, name=item, who=person, deployments=shown), style="good")
    declared = having[0].community.model.calendar[item].post
    assert declared is not None
    terminal.line(clean(words_to_approve(having[0].community, declared)), indent=2)
    return 0


async def _write(deployment: ResolvedDeployment, world: World, item: str, who: str, withdraw: bool) -> bool:
    """Whether that changed anything."""
    made: list[Entry] = []

    def entries(ledger: Document) -> Sequence[Entry]:
        now, by_hand = world.now(), not posts_in(deployment, world)
        if withdraw:
            made.extend([withdrawn(deployment, ledger, item, now)] if item in ledger.approvals else [])
        elif agreed(deployment, item, ledger, by_hand) is None:
            made.append(agreement(deployment, item, who, spelled(now)))
        return made

    await write(deployment, world, entries)
    return bool(made)


def _having(project: Project, names: Sequence[str] | None, item: str) -> list[ResolvedDeployment]:
    known = [each.name for each in project.deployments]
    wrong = [{"name": each, "known": ", ".join(known)} for each in names or () if each not in known]
    if wrong:
        raise Refused([Diagnostic("deployment-unknown", params=each) for each in wrong])
    chosen = [each for each in project.deployments if not names or each.name in names]
    calendars = [each.community.model.calendar for each in chosen]
    if not any(item in each and each[item].post is not None for each in calendars):
        every = sorted({key for each in calendars for key, planned in each.items() if planned.post is not None})
        raise Refused([Diagnostic("post-unknown", params={"name": item, "known": ", ".join(every) or "-"})])
    having = [each for each in chosen if _asks(each, item)]
    if not having:
        asking = sorted({key for each in chosen for key in each.community.model.calendar if _asks(each, key)})
        raise Refused([Diagnostic("approve-not-asked", params={"name": item, "known": ", ".join(asking) or "-"})])
    return having


def _asks(deployment: ResolvedDeployment, item: str) -> bool:
    planned = deployment.community.model.calendar.get(item)
    return planned is not None and planned.post is not None and planned.approve is not None
