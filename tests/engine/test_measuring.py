"""A bound and a number: what is out of bounds, what is not, and what nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from groupform.engine.measuring import Reading, _outside
from groupform_schemas import HealthBound

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bound", "value", "or_more", "outside"),
    [
        ({"at_least": "10"}, 10, False, False),
        ({"at_least": "10"}, 9, False, True),
        ({"at_least": "10"}, 9, True, None),
        ({"at_least": "10"}, 11, True, False),
        ({"below": "10"}, 9, False, False),
        ({"below": "10"}, 10, False, True),
        ({"below": "10"}, 10, True, True),
        ({"below": "10"}, 9, True, None),
        ({"below": "5%"}, 0.0499, False, False),
        ({"below": "5%"}, 0.05, False, True),
        ({"between": ["10", "20"]}, 10, False, False),
        ({"between": ["10", "20"]}, 20, False, False),
        ({"between": ["10", "20"]}, 9, False, True),
        ({"between": ["10", "20"]}, 21, False, True),
        ({"between": ["10", "20"]}, 9, True, None),
        ({"between": ["10", "20"]}, 15, True, None),
        ({"between": ["10", "20"]}, 21, True, True),
    ],
)
def test_what_is_out_of_bounds(bound: dict[str, Any], value: float, or_more: bool, outside: bool | None) -> None:
    model = HealthBound.model_validate({"metric": "messages", "per": "group", "within": "1d", **bound})
    assert _outside(model, Reading(value, NOW, NOW, or_more)) is outside
