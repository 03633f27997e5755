"""How many points of a fault test are tried: a sample by default, all of them under `make faults`."""

from __future__ import annotations

import os

ALL = os.environ.get("GROUPFORM_FAULTS") == "all"


def every(usual: int) -> int:
    """The stride through a run's points: 1 where all are asked for."""
    return 1 if ALL else usual
