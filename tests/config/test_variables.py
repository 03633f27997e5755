"""References in settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from groupform.config.files import Unreadable
from groupform.config.variables import fill, looks_secret

ENVIRON = {"A": "one", "EMPTY": "", "B_2": "two"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("${env:A}", "one"),
        ("x-${env:A}-${env:B_2}", "x-one-two"),
        ("${env:NO:-http://127.0.0.1:8008/x}", "http://127.0.0.1:8008/x"),
        ("${env:NO:-}", ""),
        ("${env:EMPTY:-d}", "d"),
        ("$A {A} $", "$A {A} $"),
    ],
)
def test_filling(text: str, filled: str, tmp_path: Path) -> None:
    assert fill(text, ENVIRON, tmp_path).text == filled


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("${env:NO}", "variable-missing"),
        ("${env:EMPTY}", "variable-empty"),
        ("${A}", "variable-broken"),
        ("${env:}", "variable-broken"),
        ("${env:A B}", "variable-broken"),
        ("${env:A", "variable-broken"),
        ("${}", "variable-broken"),
        ("${vault:x}", "variable-broken"),
        ("${file:}", "variable-broken"),
        ("${file:no/such}", "file-missing"),
        ("${file:.}", "file-is-folder"),
        ("${file:empty}", "file-is-empty"),
        ("${file:bytes}", "file-not-text"),
    ],
)
def test_what_cannot_be_filled(text: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(Unreadable) as refused:
        fill(text, ENVIRON, tmp_path)
    assert refused.value.code == code


def test_a_value_is_not_read_for_references_again(tmp_path: Path) -> None:
    assert fill("${env:A}", {"A": "${env:B}"}, tmp_path).text == "${env:B}"


@pytest.mark.parametrize("name", ["access_token", "secret", "bot_token", "app_secret", "password", "api_key", "key"])
def test_secrets_by_name(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name", ["homeserver", "corp_id", "guild_id", "public_key", "monkey", "proxy", "keyboard", "key_id"]
)
def test_others_by_name(name: str) -> None:
    assert not looks_secret(name)
