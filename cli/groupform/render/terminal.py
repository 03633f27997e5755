"""Owns the two streams that a person reads: their width, colours, glyphs and language."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TextIO

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from groupform.engine.plan import Reason
from groupform.messages import Catalogue, language
from groupform.render.wrapping import wrap

# Off a terminal nobody tells us a width; this one fits a CI log and a pull request.
PLAIN_WIDTH = 100
NARROWEST = 40

STYLES = {
    "add": "green",
    "change": "yellow",
    "remove": "red",
    "replace": "magenta",
    "keep": "cyan",
    "head": "bold",
    "faint": "dim",
    "alarm": "bold red",
    "caution": "yellow",
    "note": "cyan",
    "good": "green",
    "code": "dim",
}

_ASCII = {
    "±": "+/-",
    "→": "->",
    "⇐": "<=",
    "…": "...",
    "·": "|",
    "│": "|",
    "✓": "ok",
    "✗": "no",
    "•": "*",
    "☐": "[ ]",
    "☑": "[x]",
    "—": "-",
    "─": "-",
    "━": "=",
    "⚠": "!",
}

# Why a system call was refused, by the name that POSIX gives it.
SYSTEM_REASONS: tuple[str, ...] = (
    "eacces",
    "eperm",
    "enoent",
    "eisdir",
    "enotdir",
    "eexist",
    "enospc",
    "erofs",
    "edquot",
    "eloop",
)
SYSTEM_REASONS += ("enametoolong", "emfile", "eio", "ebusy", "enxio", "enotempty", "einval")
SYSTEM_REASONS += ("etimedout", "econnrefused", "econnreset", "ehostunreach", "enetunreach", "eaddrinuse")

# What a stranger's room name could do to a terminal: move the cursor, recolour, or turn the reading direction.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Text with control and direction characters made visible; line feeds and tabs stay."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


@dataclass(frozen=True)
class Terminal:
    """Where output goes. `out` carries results, `err` everything about them.

    `interactive` tells whether somebody can answer a question; `moving` whether a progress bar may move; `quiet`
    whether progress is left out (CI).
    """

    out: Console
    err: Console
    words: Catalogue
    ascii: bool = False
    interactive: bool = False
    moving: bool = False
    quiet: bool = False

    def glyph(self, rune: str) -> str:
        """The rune, or what stands for it on a stream that cannot show it."""
        return _ASCII.get(rune, rune) if self.ascii else rune

    def plain(self, text: str) -> str:
        """Text of ours (never a user's) with its runes replaced where the stream cannot show them."""
        return "".join(_ASCII.get(each, each) for each in text) if self.ascii else text

    def say(self, code: str, /, **params: object) -> str:
        """The sentence of a code, safe to print: what fills the placeholders is cleaned."""
        return clean(self.plain(self.words.text(code, **self._spoken(params))))

    def _spoken(self, params: Mapping[str, object]) -> dict[str, object]:
        """Words for a sentence; why the system refused something is said in the language of the rest."""
        known = system_reasons()
        return {
            name: self.words.text(known[value]) if isinstance(value, str) and value in known else self._listed(value)
            for name, value in cleaned(params).items()
        }

    def _listed(self, value: object) -> object:
        """Several words as this language strings them together."""
        if not isinstance(value, list):
            return value
        return self.words.text("list-comma").join(clean(str(each)) for each in value)

    def say_reason(self, reason: Reason) -> str:
        """The sentence of a plan's reason."""
        return self.say(reason.code, **reason.params)

    def hint(self, code: str, /, **params: object) -> str | None:
        found = self.words.hint(code, **self._spoken(params))
        return clean(self.plain(found)) if found else None

    def count(self, code: str, count: int, /, **params: object) -> str:
        """The sentence of a code for a number: `code-one` where the number is one."""
        return self.say(f"{code}-one" if count == 1 else code, count=count, **params)

    def line(self, text: Text | str = "", *, indent: int = 0, hanging: int = 0, style: str = "") -> None:
        """Prints to `out`, wrapped with its indentation kept."""
        print_wrapped(self.out, text, indent=indent, hanging=hanging, style=style)

    def aside(self, text: Text | str = "", *, indent: int = 0, hanging: int = 0, style: str = "") -> None:
        """Prints to `err`, wrapped with its indentation kept."""
        print_wrapped(self.err, text, indent=indent, hanging=hanging, style=style)


@cache
def system_reasons() -> Mapping[str, str]:
    """By the system's own words for why it refused something, the code of ours."""
    return {os.strerror(getattr(errno, name.upper())): f"system-{name}" for name in SYSTEM_REASONS}


def cleaned(params: Mapping[str, object]) -> dict[str, object]:
    return {name: clean(value) if isinstance(value, str) else value for name, value in params.items()}


def print_wrapped(
    console: Console, text: Text | str, *, indent: int = 0, hanging: int = 0, style: str = "", verbatim: bool = False
) -> None:
    """Prints `text` at `indent`; lines that do not fit go on `hanging` columns further in. No trailing spaces.

    `verbatim` never wraps: for text that is to be copied.
    """
    whole = Text(text, style=style) if isinstance(text, str) else text
    for row in whole.split("\n", allow_blank=True):
        if verbatim:
            console.print(Text(" " * indent if row.plain.strip() else "") + row, soft_wrap=True)
            continue
        narrow = NARROWEST // 2
        lines = wrap(row, max(console.width - indent, narrow), max(console.width - indent - hanging, narrow))
        for index, line in enumerate(lines):
            pad = indent + hanging if index else indent
            console.print(Text(" " * pad if line.plain else "") + line, soft_wrap=True)


def make_terminal(stdout: TextIO, stderr: TextIO, stdin: TextIO | None, environ: Mapping[str, str]) -> Terminal:
    """A terminal over the three streams, as NO_COLOR, FORCE_COLOR, COLUMNS, CI, TERM and GROUPFORM_* ask for."""
    ascii_only = bool(environ.get("GROUPFORM_ASCII")) or not _shows_unicode(stdout)
    quiet = environ.get("CI", "").lower() not in ("", "0", "false")
    answers = stdin is not None and stdin.isatty() and stderr.isatty() and not quiet
    return Terminal(
        out=_console(stdout, environ),
        err=_console(stderr, environ),
        words=Catalogue(language(environ)),
        ascii=ascii_only,
        interactive=answers,
        moving=stderr.isatty() and not quiet and environ.get("TERM") != "dumb",
        quiet=quiet,
    )


def _console(stream: TextIO, environ: Mapping[str, str]) -> Console:
    columns = environ.get("COLUMNS", "")
    width = int(columns) if columns.isascii() and columns.isdigit() else 0
    if not width and not stream.isatty():
        width = PLAIN_WIDTH
    return Console(
        file=stream,
        width=max(width, NARROWEST) if width else None,
        theme=Theme(STYLES),
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ=environ,
    )


def _shows_unicode(stream: TextIO) -> bool:
    return (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").startswith(("utf", "gb18030"))
