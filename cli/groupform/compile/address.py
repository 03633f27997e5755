"""Owns the address grammar: its one parser and its one printer (DESIGN §3).

    deployment/type.key/instance#n@environment        pet-club-home/room.city/sh

Instance and number are optional; the default environment is left out. An instance is any text in NFC without space,
`/ [ ] , #`; `@` and `%` inside it are written `%40` and `%25`, so that an address reads back one way only.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

_KEY = r"[a-z0-9][a-z0-9-]*"
_ADDRESS = re.compile(
    rf"(?P<deployment>{_KEY})/(?P<type>[a-z][a-z0-9-]*)\.(?P<key>{_KEY})"
    rf"(?:/(?P<instance>[^\s/\[\],#@]+))?(?:\#(?P<number>[1-9][0-9]*))?(?:@(?P<environment>{_KEY}))?"
)


class AddressError(ValueError):
    """The text is no address. `text` is what was given."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"not an address: {text!r}")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The identity of one resource, for ever. `environment` is None for the default one."""

    deployment: str
    type: str
    key: str
    instance: str | None = None
    number: int | None = None
    environment: str | None = None

    def __str__(self) -> str:
        text = f"{self.deployment}/{self.type}.{self.key}"
        if self.instance is not None:
            text += "/" + self.instance.replace("%", "%25").replace("@", "%40")
        if self.number is not None:
            text += f"#{self.number}"
        return text if self.environment is None else f"{text}@{self.environment}"

    @property
    def name(self) -> str:
        """`city/sh`: key and instance, as the language names a group."""
        return self.key if self.instance is None else f"{self.key}/{self.instance}"

    @property
    def short(self) -> str:
        """The address without its deployment and environment: `room.city/sh`."""
        return str(replace(self, environment=None)).split("/", 1)[1]

    @staticmethod
    def parse(text: str) -> Address:
        """Reads an address. Raises AddressError for anything the printer does not produce."""
        found = _ADDRESS.fullmatch(text)
        if found is None or unicodedata.normalize("NFC", text) != text:
            raise AddressError(text)
        instance = found["instance"]
        if instance is not None:
            if re.search(r"%(?!25|40)", instance):
                raise AddressError(text)
            instance = instance.replace("%40", "@").replace("%25", "%")
        number = int(found["number"]) if found["number"] else None
        return Address(found["deployment"], found["type"], found["key"], instance, number, found["environment"])


def group_address(deployment: str, kind: str, name: str, environment: str | None) -> Address:
    """The address of `name` (`lobby`, `city/sh`) as a resource of type `kind`."""
    key, _, instance = name.partition("/")
    return Address(deployment, kind, key, instance or None, None, environment)
