"""Owns the calendar as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TextIO

from groupform.calendar.entries import Entry
from groupform.render.calendar import entry_json


def calendar_json(found: Sequence[Entry]) -> str:
    return json.dumps([entry_json(each) for each in found], ensure_ascii=False, indent=2) + "\n"


def write_entries(stream: TextIO, found: Sequence[Entry]) -> None:
    stream.write(calendar_json(found))
