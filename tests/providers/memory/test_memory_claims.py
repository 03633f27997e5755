"""Every leaf of every reference community has a claim in memory, and a carried leaf really carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from groupform.compile.coverage import CARRIED, stray, unclaimed
from groupform.compile.leaves import leaves
from groupform.config.load import load_project
from groupform.providers.memory import MemoryProvider, MemoryWorld, Variant

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*/groupform.yaml"))


@pytest.mark.parametrize("variant", list(Variant))
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_every_leaf_is_claimed(file: Path, variant: Variant) -> None:
    loaded = load_project(file, environ={"MATRIX_ACCESS_TOKEN": "x", "WECOM_SECRET": "x", "DISCORD_BOT_TOKEN": "x"})
    assert loaded.project is not None, [each.code for each in loaded.diagnostics]
    provider = MemoryProvider(MemoryWorld(lambda: 0.0), variant)
    for deployment in loaded.project.deployments:
        compiled = provider.compile(deployment, refused={})
        found = leaves(deployment)
        assert not unclaimed(found, compiled.claims)
        assert not stray(found, compiled.claims)
        attributes = {str(each.address): each.attributes for each in compiled.resources}
        for each in compiled.claims:
            if each.outcome in CARRIED:
                assert each.attribute in attributes[str(each.address)]
        for each in compiled.resources:
            provider.types[each.address.type].adapter.validate_python(dict(each.attributes))
