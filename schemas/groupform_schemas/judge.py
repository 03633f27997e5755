"""Owns the word for who decides that something happened."""

from __future__ import annotations

from groupform_schemas.base import Choice


class Judge(Choice):
    """Who decides that something happened."""

    platform = "platform"
    host = "host"
