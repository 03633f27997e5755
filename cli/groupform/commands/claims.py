"""Owns the claims of a project's deployments, as its state and files stand: no request is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from groupform.commands.bindings import load_leniently
from groupform.commands.platforms import installed_platforms
from groupform.commands.run import Run
from groupform.commands.worlds import open_store
from groupform.compile.resource import Claim
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.state.document import Document
from groupform.state.store import StateKey


@dataclass(frozen=True, slots=True)
class Claims:
    """One deployment's claims."""

    name: str
    platform: str
    claims: tuple[Claim, ...]


async def claims_of(run: Run, env: str | None, names: Sequence[str] | None) -> list[Claims]:
    """Claims by deployment, in declared order. What the platform refused before, by the state, is a gap."""
    from groupform.engine.desired import compile_deployment

    project, platforms = load_leniently(run, env), installed_platforms()
    store = open_store(project)
    wrong = [each for each in names or () if project.deployment(each) is None]
    if wrong:
        known = ", ".join(each.name for each in project.deployments)
        raise Refused([Diagnostic("deployment-unknown", params={"name": each, "known": known}) for each in wrong])
    found = []
    for each in project.deployments:
        if names and each.name not in names:
            continue
        platform = each.connection.platform
        if platform not in platforms:
            if names:
                params = {"deployment": each.name, "platform": platform, "known": ", ".join(platforms)}
                raise Refused([Diagnostic("provider-not-installed", params=params)])
            continue
        document = await store.read(StateKey(each.name, project.environment))
        empty = Document(lineage="", deployment=each.name, environment=project.environment)
        compiled = compile_deployment(each, document or empty, platforms[platform])
        found.append(Claims(each.name, platform, compiled.claims))
    return found
