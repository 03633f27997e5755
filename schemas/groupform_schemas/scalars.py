"""Owns the scalar types of the language: each reads its own text, and says what it accepts to JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from groupform_schemas import values
from groupform_schemas.errors import problem
from groupform_schemas.plain import plain, text_of

_KEY = r"[a-z0-9][a-z0-9-]*"
_NAME = r"[a-z][a-z0-9_-]*"
# An instance comes from a key column: any letters, but none of what an address is made of (DESIGN §3).
_INSTANCE = r"[^\s/\[\],#]+"
_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
# A name or a bracketed IPv6 address, without a port: rules about servers are held against names alone.
_SERVER_GLOB = r"[A-Za-z0-9.*?-]+|\[[0-9A-Fa-f:.*?]+\]"
_TIME = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"
_END = rf"({_TIME}|24:00)"
_DURATION = r"([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = f"(?:{'|'.join(WEEKDAYS)})"


@dataclass(frozen=True, eq=False)
class Reads:
    """Turns a scalar's text into its value; `schema` is what an editor accepts before the file is read that way.

    `ready` are the types taken as they are; `dumps_text` says that a dump writes the value's `str`.
    """

    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    ready: tuple[type, ...] = ()
    text: Callable[[Any], str] = plain
    dumps_text: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if not self.dumps_text:
            return core_schema.no_info_plain_validator_function(self._validate)
        dump = core_schema.plain_serializer_function_ser_schema(_dumped, when_used="json")
        return core_schema.no_info_plain_validator_function(self._validate, serialization=dump)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)

    def _validate(self, value: Any) -> Any:
        if self.ready and isinstance(value, self.ready) and not isinstance(value, bool):
            return value
        return self.read(self.text(value))


def _dumped(value: object) -> int | str:
    return value if isinstance(value, int) else str(value)


def _text(text: str) -> str:
    if not text.strip():
        raise problem("text-empty")
    return text


def one_line(text: str) -> str:
    """A text without the white space around it; refused where it is empty or runs over several lines."""
    lines = text.strip().splitlines()
    if len(lines) > 1:
        raise problem("not-one-line", value=lines[0])
    return _text(text).strip()


def _same(text: str) -> str:
    return text


def _matching(pattern: str, code: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise problem(code, value=text)
        return text

    return read


def _whole(text: str, minimum: int = 0, maximum: int | None = None) -> int:
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        raise problem("not-a-whole-number", value=text)
    number = int(text)
    if number < minimum:
        raise problem("number-too-small", value=text, minimum=minimum)
    if maximum is not None and number > maximum:
        raise problem("number-too-large", value=text, maximum=maximum)
    return number


def _yes(text: str) -> bool:
    found = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}.get(text.lower())
    if found is None:
        raise problem("not-yes-or-no", value=text)
    return found


def _duration(text: str) -> values.Duration:
    found = values.Duration.read(text)
    if found.seconds < 0:
        raise problem("duration-negative", value=text)
    return found


def _date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise problem("not-a-date", value=text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise problem("not-a-date", value=text) from None


def weekdays(text: str) -> tuple[str, ...]:
    """The days that `wed`, `mon-fri` or `sat-mon` stands for, in the order of the week from its first one."""
    first, _, last = text.partition("-")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return tuple(WEEKDAYS[(start + step) % 7] for step in range((end - start) % 7 + 1))


def _days(text: str) -> str:
    # Strict, as it is used for keys: two spellings of one key would become one entry without a word.
    if not re.fullmatch(rf"{_WEEKDAY}(-{_WEEKDAY})?", text):
        raise problem("not-a-weekday", value=text)
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        right = False
    if not right or re.search(r"\s", text):
        raise problem("not-a-url", value=text)
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, KeyError, OSError):  # a bad form, an unknown name, a folder such as `Asia`
        raise problem("not-a-time-zone", value=text) from None
    return text


def _path(text: str) -> str:
    if text.startswith(("/", "~")) or "\\" in text:
        raise problem("not-a-path", value=text)
    return one_line(text)


def _server(text: str) -> str:
    if re.fullmatch(r"([A-Za-z0-9.*?-]+|\[[^\]]+\]):[0-9]+", text):
        raise problem("server-with-port", value=text, plain=text.rpartition(":")[0])
    if not re.fullmatch(_SERVER_GLOB, text):
        raise problem("not-a-server", value=text)
    return text.lower()


def _lunar(text: str) -> str:
    found = re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})", text)
    if not found or not 1 <= int(found[1]) <= 12 or not 1 <= int(found[2]) <= 30:
        raise problem("not-a-lunar-date", value=text)
    return f"{int(found[1]):02}-{int(found[2]):02}"


def _month_day(text: str) -> int:
    if not re.fullmatch(r"-1|[0-9]{1,2}", text) or not (int(text) == -1 or 1 <= int(text) <= 31):
        raise problem("not-a-month-day", value=text)
    return int(text)


def _recurrence(text: str) -> str:
    rule = text.upper()
    part = r"(FREQ|INTERVAL|COUNT|UNTIL|BY[A-Z]+|WKST)=[A-Z0-9,+-]+"
    if not re.fullmatch(rf"{part}(;{part})*", rule) or "FREQ=" not in rule:
        raise problem("not-a-recurrence", value=text)
    return rule


def _version(text: str) -> int:
    if text != "1":
        raise problem("language-version", value=text, supported="1")
    return 1


def _pattern(pattern: str, *kinds: str) -> dict[str, Any]:
    """JSON Schema for a text of a form; `kinds` are what a YAML parser may have guessed from it."""
    return {"type": ["string", *kinds] if kinds else "string", "pattern": f"^(?:{pattern})$"}


def _number(minimum: int, maximum: int | None = None) -> dict[str, Any]:
    bounds = {"minimum": minimum} | ({} if maximum is None else {"maximum": maximum})
    return {"type": ["integer", "string"], "pattern": "^[-+]?[0-9]+$", **bounds}


_ANY_TEXT = {"type": ["string", "number", "boolean"], "minLength": 1}

Text = Annotated[str, Reads(_text, _ANY_TEXT, text=text_of)]
"""What people read; may run over several lines."""
Line = Annotated[str, Reads(one_line, _ANY_TEXT, text=text_of)]
"""What people read on one line: a title, a topic."""
Setting = Annotated[str, Reads(_same, {"type": ["string", "number", "boolean"]})]
"""A setting that belongs to a platform or a backend; may be empty."""
Key = Annotated[str, Reads(_matching(_KEY, "not-a-key"), _pattern(_KEY, "integer"))]
"""Identity: small letters, digits and hyphens."""
Name = Annotated[str, Reads(_matching(_NAME, "not-a-name"), _pattern(_NAME))]
"""The name of a measure, as platforms spell them: small letters, digits, `_` and `-`."""
GroupName = Annotated[
    str, Reads(_matching(rf"{_KEY}(/{_INSTANCE})?", "not-a-group-name"), _pattern(rf"{_KEY}(/{_INSTANCE})?", "integer"))
]
"""A group's key, or one copy of it: `city/sh`."""
_PART = rf"{_KEY}\.{_KEY}(/{_INSTANCE})?"
PartName = Annotated[str, Reads(_matching(_PART, "not-a-part-name"), _pattern(_PART))]
"""What stands around the groups, as in its address: `tag-group.tiers`."""
Column = Annotated[str, Reads(one_line, _ANY_TEXT, text=text_of)]
"""The heading of a table's column."""
FilePath = Annotated[str, Reads(_path, _pattern(r"[^/~\\][^\\]*"), text=text_of)]
"""A file, relative to the file that names it, with `/` between folders."""
Yes = Annotated[
    bool,
    Reads(_yes, {"type": ["boolean", "string"], "pattern": "^(?:[Yy]es|[Nn]o|[Tt]rue|[Ff]alse|[Oo]n|[Oo]ff)$"}),
]
Natural = Annotated[int, Reads(_whole, _number(0))]
Count = Annotated[int, Reads(partial(_whole, minimum=1), _number(1))]
Version = Annotated[int, Reads(_version, {"enum": [1, "1"]})]
Duration = Annotated[
    values.Duration,
    Reads(_duration, _pattern(rf"(?=.){_DURATION}"), (values.Duration,), dumps_text=True),
]
Offset = Annotated[
    values.Duration,
    Reads(values.Duration.read, _pattern(rf"-?(?=.){_DURATION}"), (values.Duration,), dumps_text=True),
]
ClockTime = Annotated[
    values.ClockTime, Reads(values.ClockTime.read, _pattern(_TIME), (values.ClockTime,), dumps_text=True)
]
TimeRange = Annotated[
    values.TimeRange,
    Reads(values.TimeRange.read, _pattern(rf"{_TIME} *- *{_END}"), (values.TimeRange,), dumps_text=True),
]
Percent = Annotated[
    values.Percent, Reads(values.Percent.read, _pattern(r"[0-9]+(\.[0-9]+)? ?%"), (values.Percent,), dumps_text=True)
]
_AMOUNT = {
    "anyOf": [{"type": "integer", "minimum": 0}, _pattern(rf"[0-9]+|[0-9]+(\.[0-9]+)? ?%|(?=.){_DURATION}")],
}
Amount = Annotated[
    values.Amount,
    Reads(values.read_amount, _AMOUNT, (int, values.Percent, values.Duration), dumps_text=True),
]
Date = Annotated[date, Reads(_date, _pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), (date,), dumps_text=True)]
Days = Annotated[str, Reads(_days, _pattern(rf"{_WEEKDAY}(-{_WEEKDAY})?"))]
"""A day of the week, or a stretch of them: `wed`, `mon-fri`; `weekdays` tells which."""
MonthDay = Annotated[int, Reads(_month_day, _number(-1, 31))]
"""A day of the month; -1 is the last one."""
LunarDate = Annotated[str, Reads(_lunar, _pattern(r"[0-9]{1,2}-[0-9]{1,2}"))]
"""Month and day of the Chinese calendar, as `08-15`."""
Holiday = Annotated[str, Reads(_matching(rf"[A-Z]{{2}}/{_KEY}", "not-a-holiday"), _pattern(rf"[A-Z]{{2}}/{_KEY}"))]
"""A country's holiday: `CN/spring-festival`."""
Country = Annotated[str, Reads(_matching(r"[A-Z]{2}", "not-a-country"), _pattern(r"[A-Z]{2}", "boolean"))]
Recurrence = Annotated[str, Reads(_recurrence, {"type": "string", "pattern": "FREQ="})]
"""A recurrence rule of RFC 5545, section 3.3.10."""
Color = Annotated[str, Reads(_matching(r"#[0-9a-fA-F]{6}", "not-a-color"), _pattern(r"#[0-9a-fA-F]{6}"))]
Url = Annotated[str, Reads(_url, _pattern(r"https?://\S+"), text=text_of)]
Domain = Annotated[str, Reads(_matching(_DOMAIN, "not-a-domain"), _pattern(_DOMAIN))]
ServerGlob = Annotated[str, Reads(_server, _pattern(_SERVER_GLOB))]
"""A server's name, in which `*` stands for any text and `?` for one character: `*.example.org`."""
Glob = Annotated[str, Reads(_matching(r"\S{1,255}", "not-a-glob"), _pattern(r"\S{1,255}"))]
"""A name as a platform writes it, in which `*` stands for any text and `?` for one character: `@spam*:*`."""
TimeZone = Annotated[str, Reads(_zone, {"type": "string", "minLength": 1})]
_LOCALE = r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?"
Locale = Annotated[str, Reads(_matching(_LOCALE, "not-a-locale"), _pattern(_LOCALE, "boolean"))]
