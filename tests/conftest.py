"""Fixtures that every folder of tests may ask for."""

from homeserver import fresh_homeserver, homeserver, stock_homeserver

__all__ = ["fresh_homeserver", "homeserver", "stock_homeserver"]
