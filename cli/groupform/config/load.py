"""Loads a project: reads every file, validates every file, resolves; all findings of a phase before the next begins."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from groupform.config.diagnostics import Diagnostics
from groupform.config.document import Document
from groupform.config.files import Inputs, Unreadable
from groupform.config.globs import expand_globs
from groupform.config.hiding import without_secrets
from groupform.config.project import Project
from groupform.config.reader import read, without_gc
from groupform.config.resolve import World, Written, resolve
from groupform.config.source import Source
from groupform.config.titles import titles_of
from groupform.config.validate import validate, without_echoes
from groupform_schemas import CommunityFile, ProjectFile

PROJECT_FILE = "groupform.yaml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading: the project, or None where `diagnostics` holds an error."""

    project: Project | None
    diagnostics: Diagnostics


def find_project(start: Path) -> Path | None:
    """The project file in `start` or the nearest folder above it; None where there is none."""
    try:
        folder = start.resolve()
        for each in (folder, *folder.parents):
            if (each / PROJECT_FILE).is_file():
                return each / PROJECT_FILE
    except (OSError, RuntimeError):
        return None
    return None


def load_project(
    start: Path,
    *,
    environ: Mapping[str, str],
    environment: str | None = None,
    now: datetime | None = None,
    platforms: Collection[str] = (),
    deployments: Collection[str] | None = None,
    none_yet: bool = False,
) -> Loaded:
    """Reads a project from its file or its folder.

    `environ` fills `${env:…}`; `environment` names one of the project's, else its default; `now` (with a time zone)
    decides which runs come next; `platforms` are the installed providers: a deployment on another one is a warning, and
    where none are named nothing is said. `deployments` narrows whose variables must be set. With `none_yet` there
    may be no community so far: for what is about to write the first. Never raises for what a user can cause: everything
    is in `Loaded.diagnostics`.
    """
    with without_gc():
        world = World(environ, environment, now or datetime.now(UTC), platforms, deployments)
        found = Diagnostics()
        path = _project_path(start, found)
        if path is None:
            return Loaded(None, found)
        inputs = Inputs(path.parent)
        loaded = _load(path, inputs, world, found, none_yet)
        return Loaded(loaded.project, without_secrets(loaded.diagnostics, _text(path, inputs)))


def _load(path: Path, inputs: Inputs, world: World, found: Diagnostics, none_yet: bool) -> Loaded:
    document = _read(path, inputs, found)
    documents = _communities(document, inputs, found, none_yet) if document else []
    titles = titles_of([document, *(each for _, each in documents)]) if document else {}
    model = validate(document, ProjectFile, found, titles=titles) if document else None
    written = [
        Written(each, made, path.parent)
        for path, each in documents
        if (made := validate(each, CommunityFile, found, titles=titles)) is not None
    ]
    if found.failed or document is None or model is None:
        return Loaded(None, without_echoes(found))
    project = resolve(document, model, tuple(written), inputs, world, found)
    return Loaded(project, without_echoes(found))


def _project_path(start: Path, found: Diagnostics) -> Path | None:
    """The project file's resolved path; a finding where it cannot be had."""
    try:
        path = start.resolve()
        folder = path.is_dir()
        if folder and not (path / PROJECT_FILE).exists():
            other = next((each for each in ("groupform.yml", "groupform.json") if (path / each).exists()), None)
            if other:
                found.add("project-misnamed", path=str(start / other), suggestion=PROJECT_FILE)
            else:
                found.add("project-missing", path=str(start))
            return None
        return path / PROJECT_FILE if folder else path
    except PermissionError:
        found.add("file-no-permission", path=str(start))
        return None
    except (OSError, RuntimeError, ValueError) as problem:
        found.add("file-unreadable", path=str(start), reason=getattr(problem, "strerror", None) or "")
        return None


def _text(path: Path, inputs: Inputs) -> str:
    """The project file as it stands, readable as YAML or not."""
    try:
        return inputs.bytes_of(path, inputs.shown(path)).decode("utf-8", "replace")
    except Unreadable:
        return ""


def _read(path: Path, inputs: Inputs, found: Diagnostics) -> Document | None:
    shown = inputs.shown(path)
    try:
        data = inputs.bytes_of(path, shown)
    except Unreadable as refused:
        found.add(refused.code, span=Source(shown, "").span(0, 0), **refused.params)
        return None
    done = read(data, shown, found)
    return Document(*done) if done else None


def _communities(document: Document, inputs: Inputs, found: Diagnostics, none_yet: bool) -> list[tuple[Path, Document]]:
    """Every community file the project names, in the order of the list and of their paths, each once."""
    made: list[tuple[Path, Document]] = []
    for path, position in expand_globs(document, inputs, found, none_yet=none_yet).items():
        try:
            inputs.bytes_of(path, inputs.shown(path))
        except Unreadable as refused:
            document.report(found, refused.code, ("communities", position), **refused.params)
            continue
        read_one = _read(path, inputs, found)
        if read_one is not None:
            made.append((path, read_one))
    return made
