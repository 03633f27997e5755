"""The sandbox: a real homeserver on this machine's loopback, for trials, the demo and the tests."""

from groupform.sandbox.folder import Account, Profile
from groupform.sandbox.server import Running, Status, down, reset, status, up

__all__ = ["Account", "Profile", "Running", "Status", "down", "reset", "status", "up"]
