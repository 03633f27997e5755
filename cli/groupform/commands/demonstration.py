"""Owns the demo's story: an example copied, a homeserver started, validate, plan, apply, and a plan that is empty."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from groupform import sandbox
from groupform.commands.applying import Request, apply_fresh
from groupform.commands.beginning import SCHEMAS, write_schemas
from groupform.commands.boxes import people_of, sandbox_folder
from groupform.commands.planning import Options, choose, plan_all, plan_code, show_troubles
from groupform.commands.projects import open_project, validate_project
from groupform.commands.run import PROJECT_FILE, Run
from groupform.commands.worlds import open_world
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.render.diagnostics import show_diagnostics
from groupform.render.plan_text import show_plan
from groupform.render.terminal import Terminal

STORY = "pet-club"
DEPLOYMENTS = ["pet-club-home", "pet-club-wechat"]


def demonstrate(run: Run, folder: Path) -> int:
    """Tells the story; returns the exit code: 0 when the second plan has no change that the tool would make."""
    import anyio

    terminal = run.terminal
    _copy_example(folder)
    _chapter(terminal, "demo-server", folder=str(folder))
    inside = replace(run, folder=lambda: folder, project=None)
    running = sandbox.up(sandbox_folder(inside), people=people_of(inside))
    reaching = {"MATRIX_HOMESERVER": running.base_url, "MATRIX_ACCESS_TOKEN": running.access_token}
    inside = replace(inside, environ={**run.environ, **reaching})
    terminal.line(terminal.say("box-up", url=running.base_url, profile=running.profile.value), indent=2, style="good")

    _chapter(terminal, "demo-validate", command="groupform validate")
    checked = validate_project(inside, None)
    show_diagnostics(terminal, [each for each in checked.diagnostics if checked.failed])
    if checked.failed:
        return 1
    terminal.line(checked.summary(terminal), indent=2, style="good")

    _chapter(terminal, "demo-apply", command="groupform apply")
    code = apply_fresh(inside, Request(deployments=DEPLOYMENTS, yes=True))
    if code not in (0, 3):
        return code

    _chapter(terminal, "demo-again", command="groupform plan")
    project = open_project(inside, None, DEPLOYMENTS)
    world = open_world(inside, project)
    planned = anyio.run(plan_all, choose(project, world, DEPLOYMENTS), project, world, Options())
    show_plan(terminal, planned.plan)
    show_troubles(terminal, planned.troubles)
    _look_at_it(terminal, run, folder, running)
    return plan_code(planned, detailed=True)


def _copy_example(folder: Path) -> None:
    """Copies the example into `folder`, unless a demo lives there already: then it goes on with that."""
    if (folder / PROJECT_FILE).exists():
        return
    if folder.exists() and any(folder.iterdir()):
        raise Refused([Diagnostic("demo-folder-full", params={"folder": str(folder)})])
    source = example(STORY)
    if source is None:
        raise Refused([Diagnostic("demo-no-example", params={"name": STORY})])
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".groupform", "README*"))
    write_schemas(folder)
    for file in (folder / PROJECT_FILE, *sorted((folder / "communities").glob("*.yaml"))):
        up = "../" * (len(file.relative_to(folder).parts) - 1)
        first, rest = file.read_text(encoding="utf-8").split("\n", 1)
        name = first.rpartition("/")[2]
        file.write_text(f"# yaml-language-server: $schema={up}{SCHEMAS}/{name}\n{rest}", encoding="utf-8")


def example(name: str) -> Path | None:
    """An example's folder: in the source tree, or beside the installed package."""
    here = Path(__file__).resolve().parents[2]
    for place in (here.parent / "examples" / name, here / "groupform_examples" / name):
        if (place / PROJECT_FILE).is_file():
            return place
    return None


def _chapter(terminal: Terminal, code: str, **params: object) -> None:
    terminal.line()
    terminal.line(terminal.say(code, **params), style="head")


def _look_at_it(terminal: Terminal, run: Run, folder: Path, running: sandbox.Running) -> None:
    """Says how to see the result with any Matrix client. How to get the password, never what it is."""
    _chapter(terminal, "demo-look")
    shown = folder.relative_to(run.folder()) if folder.is_relative_to(run.folder()) else folder
    people = running.people.values()
    user = next((each.user_id for each in people), running.operator.user_id)
    terminal.line(terminal.say("demo-server-url", url=running.base_url), indent=2, hanging=2)
    terminal.line(terminal.say("demo-user", user=user), indent=2, hanging=2)
    name = user.removeprefix("@").partition(":")[0]
    program = _program(run)
    command = f"{program} sandbox password {name} -C {shown}"
    terminal.line(terminal.say("demo-password", command=command), indent=2, hanging=2)
    terminal.line(terminal.say("demo-edit", folder=str(shown), program=program), indent=2, hanging=2)
    terminal.line(terminal.say("demo-stop", folder=str(shown), program=program), indent=2, hanging=2)


def _program(run: Run) -> str:
    """How this program is called from here: by its name where the shell finds it, else by its path."""
    here = Path(sys.executable).with_name("groupform")
    found = shutil.which("groupform", path=run.environ.get("PATH", ""))
    if not here.exists() or (found is not None and Path(found) == here):
        return "groupform"
    return str(here.relative_to(run.folder()) if here.is_relative_to(run.folder()) else here)
