"""Owns what one run of the command line is given: streams, environment, folder, clock; and where its project is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.messages import Catalogue, language

if TYPE_CHECKING:
    from groupform.commands.platforms import Platforms
    from groupform.engine.provider import Provider
    from groupform.render.terminal import Terminal

PROJECT_FILE = "groupform.yaml"
WORK_FOLDER = ".groupform"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Run:
    """One run. `project` is what --project named; `folder` answers the working folder."""

    environ: Mapping[str, str]
    folder: Callable[[], Path]
    stdin: TextIO | None
    stdout: TextIO
    stderr: TextIO
    now: Callable[[], datetime] = _utc_now
    project: Path | None = None
    command: str = "groupform"
    warned: bool = False
    """Whether the warnings about the project have been shown: once a run is enough."""
    warned_of_store: bool = False
    rehearsing: bool = False
    """Whether `--rehearse` was given: rehearsal servers in place of the platforms, and a state of its own."""
    stage: Mapping[str, Provider] = field(default_factory=dict)
    """The rehearsed providers, by platform, once the project has been opened."""
    staged: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The settings of the rehearsed connections, by key."""
    until_the_end: ExitStack = field(default_factory=ExitStack)
    """What is closed when the command ends, however it ends."""

    @cached_property
    def installed(self) -> Platforms:
        """Every platform that is installed here."""
        from groupform.commands.platforms import installed_platforms

        return installed_platforms()

    @property
    def platforms(self) -> Mapping[str, Provider]:
        """The platforms this run works with: the installed ones, or those that stand on the rehearsal's stage."""
        return self.stage if self.rehearsing and self.stage else self.installed

    @cached_property
    def words(self) -> Catalogue:
        """The sentences, in the language that the environment asks for."""
        return Catalogue(language(self.environ))

    @cached_property
    def terminal(self) -> Terminal:
        """The streams with their widths and colours. Made on first use: it needs rich, which `--version` does not."""
        from groupform.render.terminal import make_terminal

        return make_terminal(self.stdout, self.stderr, self.stdin, self.environ)

    @cached_property
    def root(self) -> Path:
        """The project's folder. Raises Refused `project-not-found`."""
        found = self.root_or_none
        if found is None:
            start = self.project or self.folder()
            raise Refused([Diagnostic("project-not-found", params={"file": PROJECT_FILE, "folder": str(start)})])
        return found

    @cached_property
    def root_or_none(self) -> Path | None:
        """The project's folder: --project, or the nearest one upwards from here; None where there is none."""
        if self.project is not None:
            named = self.folder() / self.project
            if named.name == PROJECT_FILE and not named.is_dir():
                return named.parent
            return named if (named / PROJECT_FILE).exists() else None
        here = self.folder()
        return next((each for each in (here, *here.parents) if (each / PROJECT_FILE).exists()), None)

    @property
    def work_folder(self) -> Path:
        """Where the program keeps what is its own: beside the project, or here where there is none."""
        mine = (self.root_or_none or self.folder()) / WORK_FOLDER
        return mine / "rehearsal" if self.rehearsing else mine


def current(context: typer.Context) -> Run:
    """The run that a command belongs to."""
    found = context.find_root().obj
    assert isinstance(found, Run)
    return found
