"""How many points of a fault test are tried: a sample by default, all of them under `make faults`."""

from __future__ import annotations

import os

ALL = os.environ.get("GROUPFORM_FAULTS") == "all"
MINUTES = float(os.environ.get("FAULTS_MINUTES") or 0)
"""Where it is set, so long the lives behind the proxy go on under `make faults`, and nothing else tries more than in
the sample; 0 means until all is tried."""


def every(usual: int) -> int:
    """The stride through a run's points: 1 where all are asked for."""
    return 1 if ALL and not MINUTES else usual
