"""Owns the walk over what is declared: every leaf instance of a deployment, and every leaf the language has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from groupform.config.project import GroupInstance, ResolvedDeployment

ANY = "*"
"""Stands in a pattern for a key, an index or a group's name."""
_DECLARED_ONCE = ("each", "key")
"""Fields of a fanned-out group that make its copies: they belong to the declaration, not to each copy."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One declared value of one deployment.

    `path` is its place (`groups.city/sh.title`, `tiers.vip.color`, `calendar.due.to.0`), `pattern` the same place
    without keys and instances (`groups.*.title`), `value` what stands there once fan-out has filled it in. `group` is
    the name of the live group it belongs to, or None; `excluded` says that this group is not deployed here.
    """

    path: str
    pattern: str
    value: Any
    group: str | None = None
    excluded: bool = False


def leaves(deployment: ResolvedDeployment) -> Sequence[Leaf]:
    """Every declared leaf instance, in the order of the language and, for groups, of their declaration.

    Mappings and lists that are declared empty say nothing and have no leaf. A list of scalars has one leaf for each
    element. Elements of a list are named by their `key` where they have one, by their index otherwise.
    """
    model = deployment.community.model
    found: list[Leaf] = []
    for name, value in _declared(model):
        if name == "groups" and isinstance(value, Mapping):
            found.extend(_group_leaves(deployment, value))
        else:
            found.extend(Leaf(path, pattern, leaf) for path, pattern, leaf in _walk(value, name, name))
    return found


def patterns(model: type[BaseModel]) -> Sequence[str]:
    """The pattern of every leaf that files of this model may hold, in the order of the language.

    A model that holds itself (a condition made of conditions) adds nothing to the pattern, however deep: what stands in
    it means the same at every depth.
    """
    return tuple(dict.fromkeys(_patterns(model, "")))


def _group_leaves(deployment: ResolvedDeployment, declared: Mapping[str, Any]) -> Iterator[Leaf]:
    copies: dict[str, list[tuple[GroupInstance, bool]]] = {key: [] for key in declared}
    for excluded, instances in ((False, deployment.groups), (True, deployment.excluded)):
        for instance in instances:
            copies.setdefault(instance.group, []).append((instance, excluded))
    order = {instance.name: place for place, instance in enumerate(deployment.community.groups)}
    for key, instances_of in copies.items():
        instances_of.sort(key=lambda each: order.get(each[0].name, len(order)))
        all_out = bool(instances_of) and all(excluded for _, excluded in instances_of)
        model = declared.get(key)
        if model is not None:
            for name, value in _declared(model):
                if name in _DECLARED_ONCE:
                    for path, pattern, leaf in _walk(value, f"groups.{key}.{name}", f"groups.*.{name}"):
                        yield Leaf(path, pattern, leaf, None, all_out)
        for instance, excluded in instances_of:
            for path, pattern, leaf in _instance(instance):
                yield Leaf(path, pattern, leaf, instance.name, excluded)


def _instance(instance: GroupInstance) -> Iterator[tuple[str, str, Any]]:
    filled = {
        "title": instance.title,
        "topic": instance.topic,
        "owner": instance.owner if instance.owner is not None else instance.model.owner,
        "segments": {key: instance.segments.get(key, said) for key, said in instance.model.segments.items()},
    }
    for name, value in _declared(instance.model):
        if name not in _DECLARED_ONCE:
            yield from _walk(filled.get(name, value), f"{instance.path}.{name}", f"groups.*.{name}")


def _declared(model: BaseModel) -> Iterator[tuple[str, Any]]:
    """The keys that a file really holds, in the language's order (`model_fields_set` has none of its own)."""
    for name, field in type(model).model_fields.items():
        if name in model.model_fields_set:
            yield field.alias or name, getattr(model, name)


def _walk(value: Any, path: str, pattern: str) -> Iterator[tuple[str, str, Any]]:
    if value is None:
        return
    if isinstance(value, BaseModel):
        for name, below in _declared(value):
            if name in _bare(type(value)):
                yield from _walk(below, path, pattern)
            elif name in _nesting(type(value)):
                yield from _nested(below, f"{path}.{name}", pattern)
            else:
                yield from _walk(below, f"{path}.{name}", f"{pattern}.{name}")
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from _walk(below, f"{path}.{key}", f"{pattern}.{ANY}")
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            key = getattr(below, "key", None) if isinstance(below, BaseModel) else None
            yield from _walk(below, f"{path}.{index if key is None else key}", f"{pattern}.{ANY}")
    else:
        yield path, pattern, value


def _nested(value: Any, path: str, pattern: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from _walk(below, f"{path}.{index}", pattern)
    else:
        yield from _walk(value, path, pattern)


def _patterns(annotation: Any, pattern: str) -> Iterator[str]:
    if _is_model(annotation):
        for name, field in _fields(annotation):
            if name in _bare(annotation):
                yield pattern
            elif name not in _nesting(annotation):
                yield from _patterns(field.annotation, f"{pattern}.{name}" if pattern else name)
            else:
                others = _models(field.annotation) - {annotation}
                plain = [each for each in others if not _nesting(each)]
                for each in sorted(plain, key=lambda model: model.__name__):
                    yield from _patterns(each, pattern)
        return
    origin = get_origin(annotation)
    arguments = [each for each in get_args(annotation) if each is not Ellipsis]
    if origin is Annotated:
        yield from _patterns(arguments[0], pattern)
    elif origin in (Union, UnionType):
        for each in arguments:
            if each is not type(None):
                yield from _patterns(each, pattern)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _patterns(arguments[1], f"{pattern}.{ANY}")
    elif origin in (list, tuple):
        for each in arguments:
            yield from _patterns(each, f"{pattern}.{ANY}")
    else:
        yield pattern


@cache
def _bare(model: type[BaseModel]) -> frozenset[str]:
    """The field that stands for the model itself where a scalar is written in its place (`owner: lead`)."""
    return frozenset(name for name, field in _fields(model) if field.exclude)


@cache
def _nesting(model: type[BaseModel]) -> frozenset[str]:
    """The fields through which a model holds itself."""
    return frozenset(name for name, field in _fields(model) if model in _reachable(_models(field.annotation)))


def _reachable(models: frozenset[type[BaseModel]]) -> frozenset[type[BaseModel]]:
    seen: set[type[BaseModel]] = set()
    ahead = list(models)
    while ahead:
        model = ahead.pop()
        if model not in seen:
            seen.add(model)
            ahead.extend(below for _, field in _fields(model) for below in _models(field.annotation))
    return frozenset(seen)


def _models(annotation: Any) -> frozenset[type[BaseModel]]:
    """The models that an annotation names itself."""
    if _is_model(annotation):
        return frozenset({annotation})
    return frozenset().union(*(_models(each) for each in get_args(annotation)))


def _fields(model: type[BaseModel]) -> Sequence[tuple[str, FieldInfo]]:
    # A model that names one declared after it knows its own annotations only after a rebuild.
    model.model_rebuild()
    return [(field.alias or name, field) for name, field in model.model_fields.items()]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
