"""A failed request in the engine's terms: what counts as out of reach, and so as exit code 4."""

from __future__ import annotations

import pytest

from groupform.http import BadAnswer, OutcomeUnknown, ServerError
from groupform.http.errors import Context
from groupform.providers.matrix.api_errors import as_failure


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_with_nobody_behind_it_is_out_of_reach(status: int) -> None:
    assert as_failure(ServerError(Context(status=status))).unreachable
    unknown = as_failure(OutcomeUnknown(Context(status=status), ServerError(Context(status=status))))
    assert unknown.unreachable and unknown.effect_unknown


@pytest.mark.parametrize("context", [Context(status=500), Context(status=503, errcode="M_UNKNOWN"), Context()])
def test_a_homeserver_that_answers_with_an_error_is_there(context: Context) -> None:
    assert not as_failure(ServerError(context)).unreachable
    assert not as_failure(BadAnswer(context)).unreachable
