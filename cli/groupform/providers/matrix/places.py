"""Owns where things of a deployment stand: the addresses of its rooms and of what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from groupform.compile.address import Address, group_address
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform_schemas import Tier


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses of one deployment in one environment."""

    deployment: str
    environment: str | None
    community: str
    tiers: tuple[Tier, ...]
    typed: str
    """What addresses that people type begin with."""
    formerly: tuple[str, ...] = ()
    """Earlier names of the deployment."""

    @staticmethod
    def of(deployment: ResolvedDeployment) -> Places:
        environment = None if deployment.default_environment else deployment.environment
        model = deployment.community.model
        key = deployment.community.key
        # Two deployments of one community on one server cannot share an address: the later one's say whose they are.
        typed = key if deployment.first else f"{key}-{deployment.name}"
        return Places(deployment.name, environment, key, tuple(model.tiers), typed, tuple(deployment.previously))

    @property
    def space(self) -> Address:
        return self._own("space", self.community)

    @property
    def space_alias(self) -> Address:
        return self._own("space-alias", self.community)

    @property
    def order(self) -> Address:
        return self._own("order", self.community)

    @property
    def team(self) -> Address:
        return self._own("team", "team")

    @property
    def bans(self) -> Address:
        return self._own("bans", self.community)

    @property
    def gated(self) -> tuple[Tier, ...]:
        """Tiers that have a space of their own: all but the lowest, which is everybody."""
        return self.tiers[1:]

    def tier(self, key: str) -> Address:
        return self._own("tier", key)

    def tier_and_above(self, key: str | None) -> tuple[Address, ...]:
        """The spaces that open a place of this tier; none where everybody is of it."""
        keys = [tier.key for tier in self.tiers]
        if key is None or key not in keys or keys.index(key) == 0:
            return ()
        return tuple(self.tier(each) for each in keys[keys.index(key) :])

    def group(self, kind: str, name: str) -> Address:
        """What belongs to the group `name` (`lobby`, `city/sh`): its `room`, `place`, `alias`, `notice` or `pin`."""
        return group_address(self.deployment, kind, name, self.environment)

    def former(self, kind: str, group: GroupInstance) -> tuple[Address, ...]:
        """Where it stood before, under the deployment's name and then under its earlier ones."""
        here = [self.group(kind, name) for name in group.previously]
        before = [
            replace(self.group(kind, name), deployment=deployment)
            for deployment in self.formerly
            for name in (group.name, *group.previously)
        ]
        return (*here, *before)

    def invite(self, person: str, group: str | None = None) -> Address:
        """Asking a person into the team's room, or into a group's."""
        where = None if group is None else group.replace("/", ":")
        return Address(self.deployment, "invite", person, where, None, self.environment)

    def _own(self, kind: str, key: str) -> Address:
        return Address(self.deployment, kind, key, None, None, self.environment)
