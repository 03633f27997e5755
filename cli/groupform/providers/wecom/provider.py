"""Owns the face that WeCom shows to the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

import httpx
from pydantic import SecretStr

from groupform.compile.resource import Attributes, Compiled, Form, Resource
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.post_limits import PostLimits
from groupform.engine.provider import Context
from groupform.engine.rehearsal import Rehearsal, Stage
from groupform.engine.resource_type import ResourceType
from groupform.engine.world import World
from groupform.providers.wecom import adopting, session
from groupform.providers.wecom.api_mass import GROUPS_AT_ONCE
from groupform.providers.wecom.compile import compile_wecom, pictures
from groupform.providers.wecom.followers import with_followers
from groupform.providers.wecom.limits import POSTS, Held, count, over
from groupform.providers.wecom.mass import sender_of
from groupform.providers.wecom.occurring import with_past
from groupform.providers.wecom.robots import Robots, is_robot, open_robot
from groupform.providers.wecom.settings import read_settings, wrong_settings
from groupform.providers.wecom.types import TYPES


class WeCom:
    """企业微信: people make the groups, the API declares what surrounds them. `transport` is the seam for tests."""

    name = "wecom"
    types: Mapping[str, ResourceType] = TYPES
    concurrency = session.CONCURRENCY
    dispatches_in = "group"
    at_once = GROUPS_AT_ONCE

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        # Plans and states name a picture by its digest; its bytes wait here from the compile to the upload.
        self._pictures: dict[str, bytes] = {}
        self._counted: dict[tuple[str, str], tuple[ResolvedDeployment, Held]] = {}

    def check_connection(self, connection: Connection) -> Sequence[Diagnostic]:
        """What is wrong with the settings, at the connection's line."""
        place = connection.place
        span, line = (place.span, place.source_line) if place is not None else (None, None)
        return [
            Diagnostic(code, span=span, params={"connection": connection.key, **params}, source_line=line)
            for code, params in wrong_settings(connection.settings)
        ]

    def compile(self, deployment: ResolvedDeployment, *, refused: Mapping[str, Collection[str]]) -> Compiled:
        """Objects, steps and claims. The API refuses no single attribute of what it otherwise takes."""
        self._pictures.update(pictures(deployment))
        return compile_wecom(deployment)

    def with_followers(
        self, compiled: Compiled, known: Collection[str], deployment: ResolvedDeployment | None = None
    ) -> Compiled:
        """The groups that the platform has made when one was full get the same care; dates that are over stay."""
        compiled = with_followers(compiled, known)
        return with_past(compiled, known, deployment) if deployment is not None else compiled

    def forms(self, deployment: ResolvedDeployment, resource: Resource, observed: Attributes) -> Sequence[Form]:
        """What an adopted object keeps as it was found."""
        return adopting.forms(deployment, resource, observed)

    def over_limits(self, deployment: ResolvedDeployment, others: Sequence[ResolvedDeployment]) -> Sequence[Diagnostic]:
        """What a corp would hold too many of, counted over every deployment on it."""
        corp = _corp(deployment)
        same = [deployment, *(each for each in others if _corp(each) == corp)]
        held = sum((self._held(each) for each in same), Counter())
        return over(held, deployment.place, [each.name for each in same])

    def _held(self, deployment: ResolvedDeployment) -> Held:
        """What a deployment comes to, counted once: a fleet of deployments asks each for all of them."""
        key = (deployment.name, deployment.environment)
        known = self._counted.get(key)
        if known is None or known[0] is not deployment:
            known = (deployment, count(compile_wecom(deployment).resources))
            self._counted[key] = known
        return known[1]

    def sender_of(self, applied: Mapping[str, Any]) -> str:
        """Whoever owns a group sends to it."""
        return sender_of(applied)

    def post_limits(self, connection: Connection) -> PostLimits:
        """What a mass message may be, and how many a customer group may get."""
        return POSTS

    def owns_webhook(self, address: SecretStr) -> bool:
        """Group robots: each has an address of its own, and takes its own JSON."""
        return is_robot(address)

    def webhook(self, address: SecretStr, world: World) -> AbstractAsyncContextManager[Robots]:
        return open_robot(address, world, self._transport)

    def rehearse(self, stage: Stage) -> AbstractContextManager[Rehearsal]:
        """Corps that live in a folder: the project's own, under their own names."""
        from groupform.providers.wecom.rehearsal.stage import stage_corps

        return stage_corps(stage)

    def connect(self, context: Context) -> AbstractAsyncContextManager[session.WeComSession]:
        return session.connect(context, self._pictures, self._transport)


def _corp(deployment: ResolvedDeployment) -> str:
    return read_settings(deployment.connection.settings).corp_id
