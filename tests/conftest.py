"""Fixtures that every folder of tests may ask for."""

import pytest

from homeserver import fresh_homeserver, homeserver, stock_homeserver

__all__ = ["anyio_backend", "fresh_homeserver", "homeserver", "stock_homeserver"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests marked `anyio` run once, on asyncio: the backend that the commands use."""
    return "asyncio"
