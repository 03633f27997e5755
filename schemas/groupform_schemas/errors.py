"""Owns what can be wrong with a value of the language: error codes with their context, pydantic's own among them.

Every code below has a sentence in `messages/<language>/language.toml`; the names in brackets are its context. Codes of
ours always hold a hyphen and pydantic's never do, which is how the two are told apart.

Scalars
    full-width (value, plain)               full-width characters where the machine reads plain ones
    not-a-whole-number (value)              number-too-small (value, minimum)      number-too-large (value, maximum)
    not-yes-or-no (value)                   not-a-percentage (value)               not-an-amount (value)
    not-a-duration (value)                  duration-negative (value)              not-a-time (value)
    time-midnight (value)                   not-a-time-range (value)               time-range-empty (value)
    not-a-date (value)                      not-a-weekday (value)                  not-a-color (value)
    not-a-url (value)                       not-a-domain (value)                   not-a-time-zone (value)
    not-a-locale (value)                    not-a-key (value)                      not-a-name (value)
    not-a-group-name (value)                not-a-path (value)                     not-a-holiday (value)
    not-a-part-name (value)
    not-a-country (value)                   not-a-lunar-date (value)               not-a-month-day (value)
    not-a-recurrence (value)                not-one-line (value)                   text-empty ()
    not-a-server (value)                    server-with-port (value, plain)        not-a-glob (value)
    not-a-choice (value, choices)           not-a-choice-close (value, choices, suggestion)
    language-version (value, supported)     control-character (sign)
Shapes
    one-of-missing (keys)                   one-of-clash (key, other)              needs-key (key, other)
    key-without (key, other)                shape-unknown (shapes)                 list-empty ()
    some-of-missing (keys)
Meaning, where one model is enough
    between-two (count)                     between-order (low, high)              between-kinds (low, high)
    closes-before-opens (opens, closes)     ladder-goes-down (do, before)          ladder-strike-order (strike, before)
    tier-key-twice (key)                    hours-overlap (day, other)             run-after-event ()
    confirm-order (remind, cancel)          asked-never ()
    servers-all-denied ()                   server-allowed-and-denied (server)
    series-after-capacity (next_at, capacity)
    poll-options (count, fewest, most)      poll-option-twice (option)             poll-choose (choose, count)
    pin-no-time ()                          attached-twice (path)
Pydantic's own, translated by `findings`
    key-missing (key)                       key-unknown (key, known)
    key-unknown-close (key, known, suggestion)
    not-a-mapping (value)                   not-a-list (value)                     not-a-scalar ()
    value-empty ()                          value-wrong ()
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Loc = tuple[str | int, ...]
_IN_A_KEY = "[key]"
# What nobody sees and no platform takes; a quoted YAML scalar can hold it as an escape.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: the path of keys and indexes to it, our code, and the words for the code's sentence.

    `at_key` is true where the key itself is wrong (unknown, or badly written), not the value under it.
    For `key-missing` the path ends at the mapping that lacks the key.
    """

    loc: Loc
    code: str
    params: Mapping[str, object]
    at_key: bool = False


def problem(code: str, **context: object) -> PydanticCustomError:
    """An error to raise from a validator: it lands on the value being validated."""
    # The words are in the catalogues; pydantic's own message is never shown.
    return PydanticCustomError(code, code, dict(context) or None)


def placed(loc: Loc, value: object, code: str, **context: object) -> InitErrorDetails:
    """An error below the value being validated, for `ValidationError.from_exception_data`."""
    return InitErrorDetails(type=problem(code, **context), loc=loc, input=value)


def again(error: ValidationError, *, skip: int = 0) -> list[InitErrorDetails]:
    """The details of an error in the form that raises them again, with the first `skip` steps of each path left out."""
    return [_again(each, skip) for each in error.errors(include_url=False)]


def _again(details: ErrorDetails, skip: int) -> InitErrorDetails:
    context = details.get("ctx")
    kind: str | PydanticCustomError = details["type"]
    if "-" in details["type"]:
        kind = problem(details["type"], **(context or {}))
        context = None
    again = InitErrorDetails(type=kind, loc=details["loc"][skip:], input=details["input"])
    if context is not None:
        again["ctx"] = context
    return again


def unseen(text: str) -> str | None:
    """The first control character or lone surrogate of a text, as `U+0007`."""
    found = _UNSEEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def close(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    found = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def findings(error: ValidationError, model: type[BaseModel]) -> tuple[Finding, ...]:
    """Everything a failed validation of `model` found, in our words; `model` is needed to suggest its keys."""
    return tuple(_finding(each, model) for each in error.errors(include_url=False))


def _finding(details: ErrorDetails, model: type[BaseModel]) -> Finding:
    loc, kind = details["loc"], details["type"]
    at_key = bool(loc) and loc[-1] == _IN_A_KEY
    if at_key:
        loc = loc[:-1]
    if "-" in kind:
        params = dict(details.get("ctx", {}))
        return Finding(loc, kind, params, at_key or kind in {"one-of-clash", "key-without"})
    if kind == "missing":
        return Finding(loc[:-1], "key-missing", {"key": loc[-1]})
    if kind == "extra_forbidden":
        sign = unseen(str(loc[-1]))
        if sign is not None:
            return Finding(loc, "control-character", {"sign": sign}, at_key=True)
        known = keys_at(model, loc[:-1])
        suggestion = close(str(loc[-1]), known)
        params = {"key": loc[-1], "known": ", ".join(known)}
        if suggestion is None:
            return Finding(loc, "key-unknown", params, at_key=True)
        return Finding(loc, "key-unknown-close", params | {"suggestion": suggestion}, at_key=True)
    value = details["input"]
    if value is None:
        return Finding(loc, "value-empty", {}, at_key)
    if kind in {"model_type", "model_attributes_type", "dict_type", "mapping_type"}:
        return Finding(loc, "not-a-mapping", {"value": _short(value)}, at_key)
    if kind in {"tuple_type", "list_type"}:
        return Finding(loc, "not-a-list", {"value": _short(value)}, at_key)
    if kind == "string_type":
        return Finding(loc, "not-a-scalar", {}, at_key)
    return Finding(loc, "value-wrong", {}, at_key)


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, list | tuple):
        return "[…]"
    text = _UNSEEN.sub("\ufffd", str(value))
    return text if len(text) <= 40 else text[:39] + "…"


def keys_at(model: type[BaseModel], loc: Loc) -> tuple[str, ...]:
    """The keys known at a path, of every model that may stand there."""
    there: list[Any] = [model]
    for step in loc:
        there = [below for each in there for below in _below(each, step)]
    return tuple(dict.fromkeys(key for each in _models(there) for key in written_keys(each)))


def written_keys(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys a file may hold for a model, in the language's order; fields that are never dumped are never written."""
    return tuple(field.alias or name for name, field in model.model_fields.items() if not field.exclude)


def _below(annotation: Any, step: str | int) -> list[Any]:
    found: list[Any] = []
    for each in _parts(annotation):
        if isinstance(each, type) and issubclass(each, BaseModel):
            # A model that names one declared after it knows its own annotations only after a rebuild.
            each.model_rebuild()
            found += [field.annotation for name, field in each.model_fields.items() if (field.alias or name) == step]
        elif get_origin(each) is not None:
            arguments = [argument for argument in get_args(each) if argument is not Ellipsis]
            found += arguments[-1:]
    return found


def _parts(annotation: Any) -> list[Any]:
    """A union's members, through Annotated; anything else is its own only member."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _parts(get_args(annotation)[0])
    if (origin is not None and not isinstance(origin, type)) or type(annotation).__name__ == "UnionType":
        return [part for each in get_args(annotation) for part in _parts(each)]
    return [annotation]


def _models(annotations: Iterable[Any]) -> list[type[BaseModel]]:
    parts = (part for each in annotations for part in _parts(each))
    return [each for each in parts if isinstance(each, type) and issubclass(each, BaseModel)]
