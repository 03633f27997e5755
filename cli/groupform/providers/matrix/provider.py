"""Owns the face that Matrix shows to the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager

import httpx

from groupform.compile.resource import Attributes, Compiled, Form, Resource
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.post_limits import PostLimits
from groupform.engine.provider import Context
from groupform.engine.rehearsal import Rehearsal, Stage
from groupform.engine.resource_type import ResourceType
from groupform.http import HttpError
from groupform.http.wire import address
from groupform.providers.matrix import rehearsal, reverse, session
from groupform.providers.matrix.compile import compile_deployment, pictures
from groupform.providers.matrix.types import TYPES

_KEYS = ("homeserver", "access_token")


class MatrixProvider:
    """The Matrix platform. `transport` is the seam for tests."""

    name = "matrix"
    types: Mapping[str, ResourceType] = TYPES
    concurrency = session.CONCURRENCY
    posts_in = "room"

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        # Plans and states name a picture by its digest; its bytes wait here from the compile to the upload.
        self._pictures: dict[str, bytes] = {}

    def check_connection(self, connection: Connection) -> Sequence[Diagnostic]:
        place = connection.place
        span, line = (place.span, place.source_line) if place is not None else (None, None)
        found = [
            Diagnostic("matrix-connection-missing", span=span, source_line=line, params=_of(connection, key))
            for key in _KEYS
            if key not in connection.settings
        ]
        found += [
            Diagnostic("matrix-connection-unknown", span=span, source_line=line, params=_of(connection, key))
            for key in connection.settings
            if key not in _KEYS
        ]
        return [*found, *_no_address(connection)]

    def post_limits(self, connection: Connection) -> PostLimits:
        """An event has room for a text twice, as it is and as HTML; a picture for what a stock server takes."""
        source = "Matrix 1.16, size limits; Synapse, max_upload_size"
        return PostLimits(source, text_bytes=30_000, image_bytes=50_000_000, shows_marks=True)

    def compile(self, deployment: ResolvedDeployment, *, refused: Mapping[str, Collection[str]]) -> Compiled:
        self._pictures.update(pictures(deployment))
        return compile_deployment(deployment, refused)

    def forms(self, deployment: ResolvedDeployment, resource: Resource, observed: Attributes) -> Sequence[Form]:
        return reverse.forms(deployment, resource, observed)

    def leaf_of(
        self, deployment: ResolvedDeployment, resource: Resource, attribute: str, observed: Attributes
    ) -> tuple[tuple[str, ...], str] | None:
        return reverse.leaf_of(deployment, resource, attribute, observed)

    def rehearse(self, stage: Stage) -> AbstractContextManager[Rehearsal]:
        return rehearsal.homeserver(stage, self)

    def connect(self, context: Context) -> AbstractAsyncContextManager[session.MatrixSession]:
        return session.connect(context, self._pictures, self._transport)


def _no_address(connection: Connection) -> Iterator[Diagnostic]:
    """Found before any request: a server that is out of reach is tried again, an address that is none is mended."""
    server = connection.settings.get("homeserver")
    if not isinstance(server, str):
        return
    try:
        address(server)
    except HttpError as error:
        place = connection.places.get("homeserver", connection.place)
        span, line = (place.span, place.source_line) if place is not None else (None, None)
        params = {"connection": connection.key, "reason": error.params["reason"]}
        yield Diagnostic("matrix-connection-address", span=span, source_line=line, params=params)


def _of(connection: Connection, key: str) -> dict[str, object]:
    return {"connection": connection.key, "key": key, "known": ", ".join(_KEYS)}
