"""Owns what every page stands on: its parts as files, a template that escapes, and a policy that lets nothing in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template


@cache
def part(name: str) -> str:
    """The text of a file of this folder."""
    return (files(__package__) / name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Templates in which every text is escaped unless we say otherwise."""
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def template(name: str) -> Template:
    """One of this folder's templates: a run may write hundreds of pages with it."""
    return environment().from_string(part(name))


def policy(style: str, script: str = "") -> str:
    """Nothing is loaded and nothing is sent; only this very style and, where there is one, this very script count."""
    runs = f" script-src '{digest(script)}';" if script else ""
    return f"default-src 'none'; style-src '{digest(style)}';{runs} img-src data:; base-uri 'none'; form-action 'none'"


def digest(text: str) -> str:
    """A text as a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
