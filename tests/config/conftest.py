"""The reference communities, copied where a test may change them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve()
REFERENCE = Path(os.environ.get("GROUPFORM_REFERENCE", _HERE.parents[3] / "shared" / "reference"))


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """A copy of the reference project."""
    if not REFERENCE.is_dir():
        pytest.skip(f"no reference project at {REFERENCE}")
    return Path(shutil.copytree(REFERENCE, tmp_path / "reference"))


@pytest.fixture
def reference_texts() -> dict[str, str]:
    if not REFERENCE.is_dir():
        pytest.skip(f"no reference project at {REFERENCE}")
    return {each.name: each.read_text(encoding="utf-8") for each in sorted(REFERENCE.rglob("*.yaml"))}
