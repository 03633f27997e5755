"""WeChat walks the conformance list: people do what the steps say, knowing nothing but the steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.story import STEPS
from conformance.telephones import Telephones
from conformance.walking import walk
from groupform.providers.wechat import provider


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_conformance(tmp_path: Path) -> None:
    platform = Telephones(provider)
    walked = await walk(platform, tmp_path)
    assert walked == [each.name for each in STEPS if each.needs is None or each.needs in platform.can]
