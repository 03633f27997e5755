"""CSV tables with places."""

from __future__ import annotations

import pytest

from groupform.config.diagnostics import Diagnostics
from groupform.config.tables import read_table


def _read(text: str | bytes, key: str | None = "id") -> tuple[list[dict[str, str]] | None, list[str]]:
    found = Diagnostics()
    table = read_table(text.encode() if isinstance(text, str) else text, "t.csv", found, key=key)
    rows = [dict(each.cells) for each in table.rows] if table else None
    return rows, [f"{each.code} {each.span.line}:{each.span.column}" for each in found if each.span]


def test_quotes_commas_and_lines_inside_a_cell() -> None:
    rows, found = _read('id,text\r\na,"x, ""y""\nz"\r\n\r\n b , c \r\n')
    assert (rows, found) == ([{"id": "a", "text": 'x, "y"\nz'}, {"id": "b", "text": "c"}], [])


def test_keys_are_composed_to_one_form() -> None:
    rows, found = _read("id,t\ncafe\u0301,1\ncaf\u00e9,2\n")
    assert rows == [{"id": "caf\u00e9", "t": "1"}]
    assert found == ["table-key-twice 3:1"]


def test_rows_with_mistakes_are_left_out_and_the_others_stay() -> None:
    rows, found = _read("id,t\na,1\nb\nc,3,4\n,5\nd e,6\nA,7\nf,8\n")
    assert [each["id"] for each in rows or []] == ["a", "f"]
    assert found == [
        "table-row-ragged 3:1",
        "table-row-ragged 4:1",
        "table-key-empty 5:1",
        "table-key-forbidden 6:1",
        "keys-alike 7:1",
    ]


@pytest.mark.parametrize("sign", [*" \t/[]#", '","', "\u3000"])
def test_what_an_address_cannot_carry(sign: str) -> None:
    cell = f"a{sign}b" if sign != '","' else '"a,b"'
    assert _read(f"id,t\n{cell},1\n")[1] == ["table-key-forbidden 2:1"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "table-empty 1:1"),
        ("\n\n", "table-empty 1:1"),
        ("id,t\n", "table-no-rows 1:1"),
        ("id;t\na;1\n", "table-separator 1:3"),
        ("id\tt\na\t1\n", "table-separator 1:3"),
        ("id，t\na，1\n", "table-separator 1:3"),
        ("id,,t\na,b,c\n", "table-column-empty 1:4"),
        ("id,t,t\na,b,c\n", "table-column-twice 1:6"),
        ("ID,t\na,b\n", "table-column-missing-close 1:1"),
        ("nummer,t\na,b\n", "table-column-missing 1:1"),
        ('id,t\na,"b\n', "table-quote-broken 2:3"),
        ('id,t\na,"b"c\n', "table-quote-broken 2:3"),
        (b"PK\x03\x04rest", "table-is-spreadsheet 1:1"),
        ("id,t\n".encode("utf-16"), "table-encoding 1:1"),
        (b"id,t\na\x00,1\n", "forbidden-character 2:2"),
    ],
)
def test_tables_that_are_none(text: str | bytes, code: str) -> None:
    assert _read(text)[1] == [code]


def test_a_table_without_keys_takes_every_row() -> None:
    assert _read("m,d\nu1,1\nu1,2\n", key=None) == ([{"m": "u1", "d": "1"}, {"m": "u1", "d": "2"}], [])


def test_what_spreadsheets_add_is_no_row() -> None:
    rows, found = _read('"sep=,"\r\nid,t\r\na,1\r\n,\r\n')
    assert (rows, found) == ([{"id": "a", "t": "1"}], [])
