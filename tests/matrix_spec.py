"""Checks requests and answers against the published OpenAPI description of the Matrix client-server API."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

WHERE = os.environ.get("GROUPFORM_SPECS")
# Where Synapse answers null for what the description would have left out.
KNOWN = {("/_matrix/client/v3/rooms/{roomId}/joined_members", "$.joined.*.avatar_url")}
MISSING = "GROUPFORM_SPECS is not set: the published API descriptions are not at hand"


@dataclass(frozen=True)
class Operation:
    """One method of one path. `pointer` leads to it inside its file."""

    file: Path
    method: str
    template: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    definition: dict[str, Any]
    pointer: str

    def part(self, within: str) -> tuple[dict[str, Any], str]:
        """A part of the definition ({} where there is none) and the pointer to it in the file, references followed."""
        whole, pointer = _read(self.file), self.pointer + within
        found = _at(whole, pointer)
        while isinstance(found, dict) and str(found.get("$ref", "")).startswith("#"):
            pointer = found["$ref"][1:]
            found = _at(whole, pointer)
        return found or {}, pointer


class Deviation(AssertionError):  # noqa: N818 - named for what it is
    """A request or an answer is not as published."""


class Spec:
    """The published description, read from a folder of OpenAPI files."""

    def __init__(self, folder: Path) -> None:
        self._operations = [each for file in sorted(folder.glob("*.yaml")) for each in _operations(file)]
        # Literal segments win over placeholders where both fit.
        self._operations.sort(key=lambda each: len(each.names))
        self._registry: Registry[Any] = Registry(retrieve=_retrieve)  # type: ignore[call-arg]
        self.used: set[tuple[str, str]] = set()

    def check_request(self, request: httpx.Request) -> Operation:
        """The operation a request is. Raises Deviation where path, method, query or body are not as published."""
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        fits = [each for each in self._operations if each.pattern.fullmatch(path)]
        found = next((each for each in fits if each.method == request.method), None)
        if found is None:
            raise Deviation(f"{request.method} {path}: " + ("no such method" if fits else "no such path"))
        self.used.add((found.method, found.template))
        self._check_parameters(found, request, path)
        self._check_body(found, request)
        return found

    def check_answer(self, operation: Operation, answer: httpx.Response) -> None:
        """Raises Deviation where a described answer differs from its description."""
        described, pointer = operation.part(f"/responses/{answer.status_code}")
        if "application/json" in described.get("content", {}):
            what = f"{operation.template} answered {answer.status_code}"
            self._validate(operation, f"{pointer}/content/application~1json/schema", answer.json(), what)

    def _check_parameters(self, operation: Operation, request: httpx.Request, path: str) -> None:
        listed = [
            operation.part(f"/parameters/{number}") for number in range(len(operation.definition.get("parameters", [])))
        ]
        declared = {(each["in"], each["name"]): (each, pointer) for each, pointer in listed}
        match = operation.pattern.fullmatch(path)
        given = (
            {("path", name): unquote(match[number + 1]) for number, name in enumerate(operation.names)} if match else {}
        )
        query = httpx.QueryParams(request.url.query.decode("ascii"))
        for name in query:
            if ("query", name) not in declared:
                raise Deviation(f"{operation.template}: no query parameter {name}")
        for (place, name), (each, pointer) in declared.items():
            value: Any = given.get((place, name)) if place == "path" else None
            if place == "query" and name in query:
                value = _typed(query.get_list(name), each["schema"])
            if value is None:
                if each.get("required") and place in ("path", "query"):
                    raise Deviation(f"{operation.template}: {name} is required")
                continue
            self._validate(operation, f"{pointer}/schema", value, f"{operation.template}: {name}")

    def _check_body(self, operation: Operation, request: httpx.Request) -> None:
        wanted, pointer = operation.part("/requestBody")
        kinds = wanted.get("content", {})
        if not request.content:
            if wanted.get("required"):
                raise Deviation(f"{operation.template}: a body is required")
            return
        if "application/json" not in kinds:
            if not kinds or not request.headers.get("content-type"):
                raise Deviation(f"{operation.template}: takes no such body")
            return
        if request.headers.get("content-type") != "application/json":
            raise Deviation(f"{operation.template}: the body is not declared as JSON")
        body = json.loads(request.content)
        fields = kinds["application/json"]["schema"].get("properties")
        if fields is not None and not set(body) <= set(fields):
            raise Deviation(f"{operation.template}: no field {sorted(set(body) - set(fields))}")
        self._validate(operation, f"{pointer}/content/application~1json/schema", body, operation.template)

    def _validate(self, operation: Operation, pointer: str, value: Any, what: str) -> None:
        schema = {"$ref": f"{operation.file.as_uri()}#{quote(pointer, safe='/~')}"}
        validator = Draft202012Validator(schema, registry=self._registry)
        for error in validator.iter_errors(value):
            if (operation.template, re.sub(r"\['[^']*'\]", ".*", error.json_path)) in KNOWN and error.instance is None:
                continue
            raise Deviation(f"{what}: {error.json_path}: {error.message}")


class SpecTransport(httpx.AsyncBaseTransport):
    """Passes requests to another transport and holds both directions to the description."""

    def __init__(self, inner: httpx.AsyncBaseTransport, spec: Spec) -> None:
        self._inner = inner
        self._spec = spec

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        operation = None
        if not request.url.path.startswith("/_synapse/"):
            operation = self._spec.check_request(request)
        answer = await self._inner.handle_async_request(request)
        await answer.aread()
        if operation is not None:
            self._spec.check_answer(operation, answer)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


@cache
def published() -> Spec:
    """The description under GROUPFORM_SPECS."""
    assert WHERE, MISSING
    return Spec(Path(WHERE).resolve() / "matrix" / "data" / "api" / "client-server")


@cache
def _read(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _retrieve(uri: str) -> Resource[Any]:
    return Resource.from_contents(_read(Path(unquote(uri.removeprefix("file://")))), default_specification=DRAFT202012)


def _operations(file: Path) -> Iterator[Operation]:
    content = _read(file)
    base = content["servers"][0]["variables"]["basePath"]["default"]
    for path, methods in content.get("paths", {}).items():
        # Two forms of one path are told apart by a space at the end of one (see inviting.yaml).
        template = base + path.strip()
        names = tuple(re.findall(r"\{(\w+)\}", template))
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "([^/]*)", re.escape(template)))
        for method, definition in methods.items():
            if method in ("get", "put", "post", "delete"):
                pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"
                yield Operation(file, method.upper(), template, pattern, names, definition, pointer)


def _at(whole: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) leads to; None where that is nothing."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(whole, list):
            whole = whole[int(key)]
        else:
            # Status codes are quoted in most files, and bare in some.
            whole = whole.get(key, whole.get(int(key)) if key.isdigit() else None)
        if whole is None:
            return None
    return whole


def _typed(values: list[str], schema: dict[str, Any]) -> Any:
    """Query texts as the described type; what cannot be read stays text and then fails."""
    kind = schema.get("type")
    if kind == "array":
        return values
    if kind == "integer" and re.fullmatch(r"-?\d+", values[0]):
        return int(values[0])
    if kind == "boolean" and values[0] in ("true", "false"):
        return values[0] == "true"
    return values[0]
