"""Owns the command line's shape: which verb lives in which module, imported when it is called and not before."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from groupform import __version__
from groupform.commands.run import Run, current
from groupform.commands.usage import PROGRAM, Exit, UsageError, help_text, no_such_command, usage_refused
from groupform.config.diagnostics import Refused

# A line of help that is longer is hard to follow.
_WIDEST = 100

# Each verb: the module of `groupform.commands` and the function in it. A dictionary is a verb with verbs of its own.
VERBS: Mapping[str, Any] = {
    "init": "init",
    "validate": "validate",
    "plan": "plan",
    "apply": "apply",
    "adopt": "adopt",
    "pull": "pull",
    "undo": "undo",
    "destroy": "destroy",
    "show": "show",
    "drift": "drift",
    "recover": "recover",
    "unmanaged": "unmanaged",
    "state": {
        "list": "state_list",
        "show": "state_show",
        "mv": "state_mv",
        "rm": "state_rm",
        "pull": "state_pull",
        "push": "state_push",
        "rebuild": "state_rebuild",
        "unlock": "state_unlock",
    },
    "steps": {
        "list": "steps_list",
        "show": "steps_show",
        "walk": "steps_walk",
        "done": "steps_done",
        "reopen": "steps_reopen",
        "text": "steps_text",
        "export": "steps_export",
        "import": "steps_import",
        "notify": "steps_notify",
    },
    "today": "today",
    "status": "status",
    "calendar": {
        "show": "calendar_show",
        "next": "calendar_next",
        "export": "calendar_export",
        "run": "calendar_run",
    },
    "post": {"preview": "post_preview", "done": "post_done", "approve": "post_approve"},
    "coverage": "coverage",
    "schema": "schema",
    "doctor": "doctor",
    "sandbox": {
        "up": "sandbox_up",
        "down": "sandbox_down",
        "status": "sandbox_status",
        "reset": "sandbox_reset",
        "env": "sandbox_env",
        "password": "sandbox_password",
    },
    "demo": "demo",
}


# The verbs that take `--rehearse`; one with verbs of its own lends it to all of them.
REHEARSED = frozenset(
    {
        "plan",
        "apply",
        "destroy",
        "undo",
        "drift",
        "recover",
        "show",
        "state",
        "steps",
        "today",
        "status",
        "calendar",
        "post",
    }
)


class _Interrupted(Exception):  # noqa: N818 - Ctrl-C on its way through typer, which would end the run without a word
    """Ctrl-C."""


def _help(command: Any, ctx: typer.Context) -> str:
    frame = current(ctx)
    return help_text(command, ctx, frame.words, min(frame.terminal.out.width, _WIDEST))


class Verb(TyperCommand):
    """One command; its help is a code of `messages/`, and so is that of each of its options."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise _Interrupted from None

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        return _help(self, ctx)


class Verbs(TyperGroup):
    """Commands by name. `table` says where each lives; `path` is what was typed before them."""

    table: Mapping[str, Any]
    path: str

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(self.table)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        place = self.table.get(cmd_name)
        if place is None:
            return None
        if isinstance(place, str):
            return _verb(cmd_name, self.path, place)
        return _group(cmd_name, f"{self.path}-{cmd_name}", place)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        if args and args[0] not in self.table:
            raise no_such_command(args[0], self.table)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        return _help(self, ctx)


def command_line(argv: Sequence[str], frame: Run) -> int:
    """Runs `argv` and returns the exit code. What goes wrong is shown; only surprises and Ctrl-C come out."""
    frame.command = shlex.join((PROGRAM, *argv))
    try:
        with frame.until_the_end:
            result = program().main(list(argv), PROGRAM, standalone_mode=False, obj=frame)
    except Refused as refused:
        return _show(refused, frame)
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            frame.stdout.write(f"{error}\n")
            return 0
        return _show(usage_refused(error), frame)
    except (Exit, typer.Exit) as error:
        return int(getattr(error, "exit_code", 1))
    except (_Interrupted, typer.Abort):
        raise KeyboardInterrupt from None
    return result if isinstance(result, int) else 0


def program() -> Any:
    """The whole command line as one click group."""
    group = _group(None, "help", VERBS)
    group.params.extend(_options(_version_of_all))
    return group


def _group(name: str | None, path: str, table: Mapping[str, Any]) -> Any:
    app = typer.Typer(
        name=name,
        cls=Verbs,
        callback=lambda: None,
        help=path,
        add_completion=False,
        no_args_is_help=True,
        add_help_option=False,
    )
    group = typer.main.get_group(app)
    assert isinstance(group, Verbs)
    group.name, group.table, group.path = name, table, path
    group.params.extend(_options(_project_of_all))
    return group


def _verb(name: str, path: str, module: str) -> Any:
    app = typer.Typer(add_completion=False)
    function = getattr(import_module(f"groupform.commands.{module}"), module)
    app.command(name, cls=Verb, help=f"{path}-{name}", add_help_option=False)(function)
    command = typer.main.get_command(app)
    command.params.extend(_options(_project_of_all))
    if name in REHEARSED or path.removeprefix("help-") in REHEARSED:
        command.params.extend(_options(_rehearse_of_some))
    return command


def _options(carrier: Callable[..., None]) -> list[Any]:
    """The options of a function, for commands that have none of their own for it: their callbacks take the value."""
    app = typer.Typer(add_completion=False)
    app.command()(carrier)
    found = list(typer.main.get_command(app).params)
    for each in found:
        each.expose_value = False
    return found


def _set_project(context: typer.Context, value: str | None) -> str | None:
    if value:
        current(context).project = Path(value)
    return value


def _set_rehearsing(context: typer.Context, value: bool) -> bool:
    if value:
        current(context).rehearsing = True
    return value


def _print_help(context: typer.Context, value: bool) -> bool:
    if value:
        current(context).stdout.write(f"{context.get_help()}\n")
        raise typer.Exit
    return value


def _print_version(context: typer.Context, value: bool) -> bool:
    if value:
        current(context).stdout.write(f"{PROGRAM} {__version__}\n")
        raise typer.Exit
    return value


def _project_of_all(
    project: Annotated[
        str | None, typer.Option("--project", "-C", metavar="FOLDER", help="help-project", callback=_set_project)
    ] = None,
    help: Annotated[bool, typer.Option("--help", help="help-help", is_eager=True, callback=_print_help)] = False,  # noqa: A002 - typer names options by their parameters
) -> None:
    """Carries the options that every command has."""


def _rehearse_of_some(
    rehearse: Annotated[bool, typer.Option("--rehearse", help="help-rehearse", callback=_set_rehearsing)] = False,
) -> None:
    """Carries the option of what can be tried out with no account."""


def _version_of_all(
    version: Annotated[
        bool, typer.Option("--version", help="help-version", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Carries the option that only the program has."""


def _show(refused: Refused, frame: Run) -> int:
    from groupform.render.diagnostics import show_diagnostics

    show_diagnostics(frame.terminal, refused.diagnostics, summary=len(refused.diagnostics) > 1)
    return refused.exit_code
