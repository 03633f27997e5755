"""Owns what the command line says about itself: help pages, and what is wrong with what was typed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

import typer

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.messages import Catalogue

PROGRAM = "groupform"
_EXTRA = re.compile(r"unexpected extra arguments?(?:\(s\))? \((.*)\)", re.DOTALL)

# Older versions of typer bring click along, newer ones carry it inside: the way up from a public class is the same.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
Exit: type[Exception] = typer.Exit


def help_text(command: Any, context: typer.Context, words: Catalogue, width: int) -> str:
    """The help page of a command or group, in the language of `words` and not wider than `width`."""
    from groupform.render.help import Entry, render_help

    arguments, options = [], []
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        note = words.text(parameter.help) if parameter.help else ""
        if parameter.param_type_name == "argument":
            arguments.append(Entry(_argument(parameter), note))
        else:
            options.append(Entry(_option(parameter), note))
    verbs = []
    if hasattr(command, "table"):
        verbs = [Entry(name, _first_line(words.text(f"{command.path}-{name}"))) for name in command.table]
    usage = " ".join((context.command_path, *(each.left for each in arguments), *(["COMMAND"] if verbs else [])))
    return render_help(words, usage, words.text(command.help), verbs, arguments, options, width=width)


def usage_refused(error: Exception) -> Refused:
    """What was typed wrongly, as a finding in our own words."""
    kind = type(error).__name__
    parameter = getattr(error, "param", None)
    name = _spoken(parameter) if parameter is not None else ""
    detail = getattr(error, "message", "") or str(error)
    params: dict[str, object]
    if kind == "NoSuchOption":
        given = str(getattr(error, "option_name", ""))
        near = list(getattr(error, "possibilities", None) or ())
        code, params = ("option-unknown-near" if near else "option-unknown"), {"option": given, "near": ", ".join(near)}
    elif kind == "MissingParameter":
        code, params = "argument-missing", {"name": name}
    elif kind == "BadOptionUsage":
        code = "option-needs-value" if "requires" in detail else "option-usage"
        params = {"option": str(getattr(error, "option_name", "")), "detail": detail}
    elif kind == "BadParameter":
        choices = ", ".join(_choices(parameter))
        code = "option-choice" if choices else "option-value"
        params = {"name": name, "choices": choices, "detail": detail}
    elif extra := _EXTRA.search(detail):
        code, params = "argument-unexpected", {"given": extra[1]}
    else:
        code, params = "usage-wrong", {"detail": detail}
    return Refused([Diagnostic(code, params=params)])


def no_such_command(given: str, known: Iterable[str]) -> Refused:
    """A verb that does not exist, with the one that was probably meant."""
    near = difflib.get_close_matches(given, list(known), n=1, cutoff=0.5)
    params = {"command": given, "near": near[0] if near else ""}
    return Refused([Diagnostic("command-unknown-near" if near else "command-unknown", params=params)])


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    name += "…" if parameter.nargs == -1 else ""
    return str(name) if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    names = ", ".join(parameter.opts)
    if parameter.secondary_opts:
        names += " / " + ", ".join(parameter.secondary_opts)
    if parameter.is_flag:
        return names
    return f"{names} {parameter.metavar or parameter.name.upper()}"


def _choices(parameter: Any) -> list[str]:
    """The values of an option whose metavar lists them, as `text|json`."""
    metavar = str(getattr(parameter, "metavar", None) or "")
    return metavar.split("|") if "|" in metavar and metavar.islower() else []


def _spoken(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return str(max(parameter.opts, key=len))


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0]
