"""The servers that the tests of shared state share: one of each kind, started when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from state.backends import Backend, serving
from state.cluster import why_not

NAMES = ("local", "s3", "postgres", "http")
SHARED = NAMES[1:]


def missing(name: str) -> str | None:
    """Why a backend cannot be tried here."""
    if name == "s3":
        lacking = [each for each in ("obstore", "moto") if find_spec(each) is None]
        return f"not installed: {', '.join(lacking)}" if lacking else None
    if name == "postgres":
        return why_not() if find_spec("psycopg") is not None else "not installed: psycopg"
    return None


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """One backend's server."""
    reason = missing(request.param)
    if reason is not None:
        pytest.skip(reason)
    with serving(request.param, tmp_path_factory.mktemp(request.param)) as backend:
        yield backend


@pytest.fixture
def backend(servers: Backend, tmp_path: Path) -> Backend:
    """A backend with nothing in it yet: every one in turn, or those that the module's BACKENDS names."""
    return servers.fresh(tmp_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "servers" in metafunc.fixturenames:
        wanted = getattr(metafunc.module, "BACKENDS", NAMES)
        metafunc.parametrize("servers", wanted, indirect=True, scope="session")
