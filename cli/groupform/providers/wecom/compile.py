"""Owns the compilation of a deployment for WeCom: what the API makes, what people make, and a claim for each leaf."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from groupform.compile.access import cells
from groupform.compile.leaves import leaves
from groupform.compile.resource import Cell, Compiled, Json, Outcome
from groupform.compile.trace import Trace
from groupform.config.diagnostics import Severity
from groupform.config.project import ResolvedDeployment
from groupform.providers.wecom.adopting import named
from groupform.providers.wecom.bench import Bench, fitted
from groupform.providers.wecom.calendars import compile_calendar
from groupform.providers.wecom.coverage import TABLE
from groupform.providers.wecom.greeting import compile_greetings
from groupform.providers.wecom.groups import compile_group, enforced
from groupform.providers.wecom.limits import CHAT_NAME
from groupform.providers.wecom.moderation import compile_moderation
from groupform.providers.wecom.people import everybody
from groupform.providers.wecom.posts import compile_posts
from groupform.providers.wecom.service import compile_answers
from groupform.providers.wecom.settings import read_settings
from groupform.providers.wecom.tags import compile_tags
from groupform.providers.wecom.types import one_line
from groupform.providers.wecom.ways import compile_ways


def compile_wecom(deployment: ResolvedDeployment) -> Compiled:
    """Desired objects, steps and claims of one deployment. Pure."""
    bench = Bench(deployment, Trace(Outcome.native))
    access: set[Cell] = set()
    compile_tags(bench)
    for group in deployment.groups:
        compile_group(bench, group)
        access.update(cells(deployment, group, enforced(deployment, group)))
    _tell_apart(bench)
    compile_ways(bench)
    compile_greetings(bench)
    compile_moderation(bench)
    compile_answers(bench)
    settings = read_settings(deployment.connection.settings)
    if settings.team_chat:
        _team_chat(bench)
    if settings.team_calendar:
        compile_calendar(bench)
    named(bench)
    compile_posts(bench)
    claims = bench.trace.claims(leaves(deployment), TABLE)
    return Compiled(tuple(bench.made.values()), claims, tuple(bench.findings), frozenset(access))


def pictures(deployment: ResolvedDeployment) -> Mapping[str, bytes]:
    """The bytes of every picture that attributes name, by digest."""
    return {hashlib.sha256(data).hexdigest(): data for data in _pictures(deployment)}


def _pictures(deployment: ResolvedDeployment) -> Iterator[bytes]:
    model, files = deployment.community.model, deployment.community.files
    paths = [model.avatar] if model.avatar is not None else []
    if model.welcome is not None:
        held = [model.welcome.attachments, *(each.attachments for each in model.welcome.variants)]
        paths += [each.link.image for several in held for each in several if each.link.image is not None]
    return (files[str(path)] for path in paths if str(path) in files)


def _tell_apart(bench: Bench) -> None:
    """Two groups of one owner with one name cannot be told apart: the API makes neither of them."""
    seen: dict[tuple[Json, Json], str] = {}
    for group in bench.deployment.groups:
        resource = bench.made[bench.group(group)]
        told = (one_line(resource.attributes["title"]), resource.attributes.get("owner"))
        if told in seen:
            bench.warn(
                "wecom-titles-alike", group.place, severity=Severity.error, label=resource.label, group=group.name,
                other=seen[told],
            )  # fmt: skip
        seen.setdefault(told, group.name)


def _team_chat(bench: Bench) -> None:
    """The internal chat of everybody on the team; it takes two (appchat/create, D-90245)."""
    named = everybody(bench)
    accounts = named.accounts()
    if len({each.casefold() for each in accounts}) < 2:
        return
    address, owner = bench.address("team-chat", "team"), bench.owner()
    named.note(address, "users")
    bench.carry("title", address, "name")
    bench.carry("locale", address, "name")
    bench.carry("team.owner", address, "owner", below=True)
    name = fitted(bench.called("管理团队" if bench.chinese else "team"), CHAT_NAME)
    values: dict[str, Json] = {
        "name": name,
        "owner": bench.deployment.account(owner) if owner is not None else None,
        "users": [*accounts],
    }
    bench.make(address, values, name, who=bench.owner())
