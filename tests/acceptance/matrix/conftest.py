"""What takes minutes of waiting and no work is under way while the other tests run."""

from __future__ import annotations

import pytest

from acceptance.matrix.stock import StockRun


@pytest.fixture(scope="session")
def stock_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StockRun:
    """pet-club on its way to a server with stock rules."""
    server = request.getfixturevalue("stock_homeserver")
    return StockRun(tmp_path_factory.mktemp("stock-run") / "project", server)


@pytest.fixture(scope="session", autouse=True)
def _from_the_first_test_on(request: pytest.FixtureRequest) -> None:
    if any(each.path.name == "test_matrix_stock.py" for each in request.session.items):
        request.getfixturevalue("stock_run")
