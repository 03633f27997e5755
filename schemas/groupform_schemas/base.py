"""Owns how a model of the language reads plain data: frozen, closed, an empty value is never an absent one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

from groupform_schemas.errors import again, close, placed, problem, written_keys
from groupform_schemas.plain import plain

T = TypeVar("T")

BARE = "\0"
"""The key of a model that may be written as a scalar, for that scalar; no YAML file can hold it."""


class Model(BaseModel):
    """The base of every mapping in the language."""

    # Building is left to the first use: of seventy models, a command validates two.
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, defer_build=True)


class Shaped(Model):
    """A mapping whose keys depend on each other; what is wrong between them is reported at the exact key.

    `one_of` lists the keys of which exactly one stands, `some_of` those of which one must, `at_most_one` those of
    which no two may; `needs` says which keys another key calls for; `only_with` names, for a key, the keys of which
    one must stand beside it.
    """

    one_of: ClassVar[tuple[str, ...]] = ()
    some_of: ClassVar[tuple[str, ...]] = ()
    at_most_one: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    only_with: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @model_validator(mode="wrap")
    @classmethod
    def _keep_shape(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        found = cls._misshapen(value) if isinstance(value, Mapping) else []
        try:
            model = handler(value)
        except ValidationError as error:
            found += again(error)
        else:
            found += model.contradictions()
            if not found:
                return model
        raise ValidationError.from_exception_data(cls.__name__, found)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        whole = handler(schema)
        written = handler.resolve_ref_schema(whole)
        if cls.one_of:
            written["oneOf"] = [{"required": [key]} for key in cls.one_of if key in written["properties"]]
        if cls.some_of:
            written["anyOf"] = [{"required": [key]} for key in cls.some_of]
        if cls.at_most_one:
            written["not"] = {"required": list(cls.at_most_one)}
        if cls.needs:
            written["dependentRequired"] = {key: list(others) for key, others in cls.needs.items()}
        return whole

    @classmethod
    def _misshapen(cls, value: Mapping[str, Any]) -> list[InitErrorDetails]:
        found = []
        present = [key for key in cls.one_of if key in value]
        if cls.one_of and not present and BARE not in value:
            found.append(placed((), value, "one-of-missing", keys=", ".join(cls.one_of)))
        if cls.some_of and not any(key in value for key in cls.some_of) and BARE not in value:
            found.append(placed((), value, "some-of-missing", keys=", ".join(cls.some_of)))
        if not cls.one_of:
            present = [key for key in cls.at_most_one if key in value]
        found += [placed((key,), value[key], "one-of-clash", key=key, other=present[0]) for key in present[1:]]
        for key, others in cls.needs.items():
            found += [
                placed((key,), value[key], "needs-key", key=key, other=other)
                for other in others
                if key in value and other not in value
            ]
        for key, others in cls.only_with.items():
            if key in value and not any(other in value for other in others):
                found.append(placed((key,), value[key], "key-without", key=key, other=", ".join(others)))
        return found

    def contradictions(self) -> list[InitErrorDetails]:
        """What a model whose values are each right still says against itself; paths are relative to the model."""
        return []


class Choice(StrEnum):
    """A closed set of words, read with a suggestion for the one that was meant."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(cls._read, handler(source))

    @classmethod
    def _read(cls, value: Any) -> Any:
        text = plain(value)
        if text in cls.__members__.values():
            return text
        choices = ", ".join(cls)
        suggestion = close(text, list(cls))
        if suggestion is None:
            raise problem("not-a-choice", value=text, choices=choices)
        raise problem("not-a-choice-close", value=text, choices=choices, suggestion=suggestion)


class _Present:
    """Drops `None` from what may be written, and keeps it as the sign of a key that is absent.

    Without it `tier:` with nothing behind it would read as "no tier", and open a closed room.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (written,) = (each for each in get_args(source) if each is not type(None))
        schema = handler.generate_schema(written)
        return core_schema.no_info_after_validator_function(
            _same, schema, serialization=core_schema.wrap_serializer_function_ser_schema(_absent_as_none, schema=schema)
        )


def _same(value: Any) -> Any:
    return value


def _absent_as_none(value: Any, serialize: core_schema.SerializerFunctionWrapHandler) -> Any:
    return None if value is None else serialize(value)


Maybe = Annotated[T | None, _Present()]


class _NotEmpty:
    """A list with nothing in it is reported as such."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_filled, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {"minItems": 1}


def _filled(value: tuple[T, ...]) -> tuple[T, ...]:
    if not value:
        raise problem("list-empty")
    return value


Some = Annotated[tuple[T, ...], _NotEmpty()]
"""A list of at least one."""


class _Listed:
    """One scalar may stand for a list of one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many, many["items"]]}


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


OneOrMore = Annotated[tuple[T, ...], _NotEmpty(), _Listed()]
"""A list of at least one, or its only member by itself."""


@dataclass(frozen=True, eq=False)
class Fork:
    """Chooses the branch of a union by what was written, so that errors speak of that branch alone, at their own key.

    `pick` takes the plain value and returns a branch's position in the union, or None where no branch fits;
    `shapes` says in short what may stand here, for the sentence of that error.
    """

    pick: Callable[[Any], int | None]
    shapes: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        branches = get_args(source)
        choices = {str(position): handler.generate_schema(branch) for position, branch in enumerate(branches)}
        union = core_schema.tagged_union_schema(choices, discriminator=lambda value: self._tag(value, branches))
        return core_schema.no_info_wrap_validator_function(partial(self._validate, branches), union)

    def _tag(self, value: Any, branches: tuple[Any, ...]) -> str | None:
        if type(value) in branches:
            return str(branches.index(type(value)))
        position = self.pick(value)
        return None if position is None else str(position)

    def _validate(
        self, branches: tuple[Any, ...], value: Any, handler: core_schema.ValidatorFunctionWrapHandler
    ) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            details = error.errors(include_url=False)
            if any(each["type"].startswith("union_tag") for each in details if not each["loc"]):
                raise problem("value-empty" if value is None else "shape-unknown", shapes=self.shapes) from None
            found = [_belongs_elsewhere(each, value, branches) or each for each in again(error, skip=1)]
            raise ValidationError.from_exception_data(error.title, found) from None


def _belongs_elsewhere(error: InitErrorDetails, value: Any, branches: tuple[Any, ...]) -> InitErrorDetails | None:
    """A key of another branch is not unknown: it cannot stand beside the one that chose this branch."""
    if error["type"] != "extra_forbidden" or len(error.get("loc", ())) != 1:
        return None
    key = error["loc"][0]
    models = [each for each in branches if isinstance(each, type) and issubclass(each, BaseModel)]
    known = [written_keys(each) for each in models]
    others = [each for keys in known if key not in keys for each in keys if each in value]
    if not others or not any(key in keys for keys in known):
        return None
    return placed((key,), value[key], "one-of-clash", key=key, other=others[0])


def by_keys(*shapes: str | tuple[str, ...]) -> Callable[[Any], int | None]:
    """A `pick` for mappings told apart by a key: the first shape one of whose keys is present."""

    def pick(value: Any) -> int | None:
        if not isinstance(value, Mapping):
            return None
        for position, keys in enumerate(shapes):
            if any(key in value for key in ((keys,) if isinstance(keys, str) else keys)):
                return position
        return None

    return pick
