"""Owns how the tests of the language read YAML: every scalar as its text, as the tool's own reader does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent


def _emptied(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {_emptied(key): _emptied(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_emptied(each) for each in node.value]
    assert isinstance(node, yaml.ScalarNode)
    return None if node.style is None and node.value == "" else node.value


def as_text(text: str) -> Any:
    """YAML as plain data whose scalars are all text; an empty plain value is None."""
    return _emptied(yaml.compose(text, Loader=yaml.BaseLoader))


@pytest.fixture
def read() -> Callable[[str], Any]:
    return as_text


@pytest.fixture
def minimal() -> dict[str, Any]:
    """The smallest community, to be changed by a test."""
    return {
        "community": "club",
        "title": "Club",
        "timezone": "Asia/Shanghai",
        "team": {"owner": "lead"},
        "entry": {"door": "link"},
        "groups": {"lobby": {"title": "Lobby"}},
    }
