"""Owns opening the project a command works on: read, resolved, checked, and what was found shown or raised."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from groupform.commands.platforms import Platforms
from groupform.commands.rehearsing import on_stage
from groupform.commands.run import Run
from groupform.config.diagnostics import Diagnostic, Diagnostics, Refused, Severity
from groupform.config.load import Loaded, load_project
from groupform.config.project import Connection, Project
from groupform.render.diagnostics import show_diagnostics
from groupform.render.terminal import Terminal

UNSET = ("variable-missing", "variable-empty")
_ABSENT = "provider-not-installed"
_TOKEN = "MATRIX_ACCESS_TOKEN"


@dataclass(frozen=True, slots=True)
class Checked:
    """What validation found; `project` is None where there were errors."""

    project: Project | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        return any(each.severity is Severity.error for each in self.diagnostics)

    def summary(self, terminal: Terminal) -> str:
        """One line that says what is valid."""
        if self.project is None:
            return ""
        communities, groups = self.project.communities, 0
        for each in communities.values():
            groups += len(each.groups)
        parts = [
            terminal.count("valid-communities", len(communities)),
            terminal.count("valid-groups", groups),
            terminal.count("valid-deployments", len(self.project.deployments)),
        ]
        return terminal.say("valid", what=terminal.say("list-comma").join(parts))


def open_project(run: Run, env: str | None, deployments: Collection[str] | None, *, calendars: bool = False) -> Project:
    """The project, ready to be planned. Raises Refused with everything that is wrong with its files.

    Warnings are shown; with `calendars`, those about what is to be sent as well. Platforms that are not installed are
    one line, unless a deployment on one was asked for.
    """
    platforms = run.installed
    loaded = _load(run, env, platforms, () if run.rehearsing else deployments or None)
    if loaded.project is None:
        found = [each for each in loaded.diagnostics if _says_something(each)]
        raise Refused([*found, *_hints(run, found)])
    project = loaded.project
    asked = [each for each in project.deployments if not deployments or each.name in deployments]
    if run.rehearsing:
        project = on_stage(run, project, deployments)
        wrong = []
    else:
        wrong = list(_connections(project, platforms, {each.connection.key for each in asked}))
    if calendars:
        wrong += (each for each in _calendars(run, project) if each.severity is not Severity.note)
    if any(each.severity is Severity.error for each in wrong):
        raise Refused(wrong)
    shown = [each for each in (*loaded.diagnostics, *wrong) if _says_something(each)]
    if not run.warned:
        show_diagnostics(run.terminal, shown)
        run.warned = True
    absent = [each for each in loaded.diagnostics if each.code == _ABSENT]
    if absent and not deployments:
        names = dict.fromkeys(str(each.params.get("platform", "")) for each in absent)
        terminal = run.terminal
        text = terminal.count("platforms-absent", len(absent), platforms=terminal.say("list-comma").join(names))
        terminal.aside(text, hanging=2, style="faint")
    return project


def ready_deployments(run: Run, env: str | None) -> list[str]:
    """The deployments that can be worked on with the variables that are set here: those of somebody who only keeps the
    steps of one platform need no token of another. All of them, where the project cannot be read: that is then said."""
    platforms = run.installed
    loaded = _load(run, env, platforms, ())
    if loaded.project is None or run.rehearsing:
        return []
    project, unset = loaded.project, [each for each in loaded.diagnostics if each.code in UNSET]
    return [
        each.name
        for each in project.deployments
        if each.connection.platform in platforms
        and not any(about_connection(one, each.connection, project) for one in unset)
    ]


def read_project(
    run: Run, env: str | None, deployments: Collection[str] | None
) -> tuple[Project, tuple[Diagnostic, ...]]:
    """The project with whatever variables are set here, and what was found about the others. Shows nothing.

    Raises Refused with everything that is wrong with its files.
    """
    loaded = _load(run, env, run.installed, ())
    if loaded.project is None:
        raise Refused([each for each in loaded.diagnostics if _says_something(each)])
    if run.rehearsing:
        return on_stage(run, loaded.project, deployments), ()
    return loaded.project, tuple(loaded.diagnostics)


def validate_project(run: Run, env: str | None) -> Checked:
    """Everything that can be found without a request: the files, the connections' settings, what compiles."""
    platforms = run.installed
    loaded = _load(run, env, platforms, ())
    missing = [each for each in loaded.diagnostics if each.code in UNSET]
    found = [each for each in loaded.diagnostics if each.code not in UNSET]
    # Whoever validates need not hold the secrets; an address or a number without a value is a mistake for everybody.
    found += [replace(each, severity=Severity.error) for each in missing if not each.params.get("secret")]
    unset = sorted({str(each.params.get("name", "")) for each in missing if each.params.get("secret")})
    if unset:
        found.append(Diagnostic("variables-unset", Severity.note, params={"names": ", ".join(unset)}))
    if loaded.project is not None:
        found.extend(_settled(loaded.project, platforms))
        found.extend(_compiled(loaded.project, platforms))
        found.extend(_calendars(run, loaded.project))
    return Checked(loaded.project, tuple(Diagnostics(found)))


def _says_something(each: Diagnostic) -> bool:
    """What is missing only for deployments that nobody asked for is not worth a line each time."""
    return each.severity is Severity.error or (each.code != _ABSENT and each.code not in UNSET)


def _load(run: Run, env: str | None, platforms: Platforms, deployments: Collection[str] | None) -> Loaded:
    return load_project(
        run.root,
        environ=run.environ,
        environment=env,
        now=run.now(),
        platforms=tuple(platforms),
        deployments=deployments,
    )


def _connections(project: Project, platforms: Platforms, keys: Collection[str]) -> Iterator[Diagnostic]:
    """What providers say about the settings of these connections."""
    for key, each in project.connections.items():
        if key in keys and each.platform in platforms:
            yield from platforms[each.platform].check_connection(each)


def _settled(project: Project, platforms: Platforms) -> Iterator[Diagnostic]:
    """What providers say about connections, but for settings that are written down and whose variable is not set here:
    whoever validates need not hold the secrets."""
    for key, each in project.connections.items():
        unfilled = each.places.keys() - each.settings.keys()
        for one in _connections(project, platforms, {key}):
            if one.params.get("key") not in unfilled:
                yield one


def _compiled(project: Project, platforms: Platforms) -> Iterator[Diagnostic]:
    """What compiling finds, for every deployment whose platform is installed."""
    for each in project.deployments:
        if each.connection.platform in platforms:
            compiled = platforms[each.connection.platform].compile(each, refused={})
            yield from _told_where(compiled.diagnostics, each.name)


def _calendars(run: Run, project: Project) -> Iterator[Diagnostic]:
    """What is wrong with what is to be sent."""
    from groupform.commands.scheduling import calendar_findings

    yield from calendar_findings(run, project)


def _told_where(found: Iterable[Diagnostic], deployment: str) -> Iterator[Diagnostic]:
    for each in found:
        yield replace(each, params={"deployment": deployment, **each.params})


def _hints(run: Run, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Where a variable is missing that a running sandbox of this project could give."""
    if any(each.code in UNSET and each.params.get("name") == _TOKEN for each in found) and _sandbox_runs(run):
        yield Diagnostic("sandbox-has-token", Severity.note)


def _sandbox_runs(run: Run) -> bool:
    from groupform import sandbox

    try:
        return sandbox.status(run.work_folder / "sandbox").pid is not None
    except Refused:
        return False


def about_connection(each: Diagnostic, connection: Connection, project: Project) -> bool:
    """Whether a finding is about this connection: it stands between its key and the next one."""
    if each.span is None or connection.place is None:
        return False
    start = connection.place.span.line
    later = [other.place.span.line for other in project.connections.values() if other.place is not None]
    end = min((line for line in later if line > start), default=None)
    return start <= each.span.line and (end is None or each.span.line < end)
