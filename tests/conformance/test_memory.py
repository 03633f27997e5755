"""The memory platform walks the conformance list, with the API, a person who is read, and a person who is believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.memory_platform import MemoryPlatform
from conformance.story import STEPS
from conformance.walking import walk
from groupform.providers.memory import Variant

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("variant", list(Variant))
async def test_conformance(variant: Variant, tmp_path: Path) -> None:
    platform = MemoryPlatform(variant)
    walked = await walk(platform, tmp_path)
    print(f"{platform.name}: {len(walked)} of {len(STEPS)} steps")
    assert walked == [each.name for each in STEPS if each.needs is None or each.needs in platform.can]
