"""Resolves the people of a project: from the project file itself, or from a table."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from groupform.config.diagnostics import Diagnostic, Diagnostics, Severity
from groupform.config.files import Inputs, Unreadable
from groupform.config.names import Desk
from groupform.config.tables import Table, column_missing, read_table
from groupform_schemas import PeopleTable, Person, ProjectFile, findings

_OWN = ("name", "backup", "leaves_on")


def resolve_people(desk: Desk, model: ProjectFile, folder: Path, inputs: Inputs) -> dict[str, Person] | None:
    """Everybody by key, in declared order; None where their table has mistakes, which are then reported."""
    if isinstance(model.people, PeopleTable):
        return _from_table(desk, model.people, folder, inputs)
    people = dict(model.people)
    for key, person in people.items():
        if person.backup is not None:
            desk.known("unknown-person", ("people", key, "backup"), person.backup, people)
    _shared_accounts(desk, people)
    return people


def _shared_accounts(desk: Desk, people: dict[str, Person]) -> None:
    """One account for two people is a copied line more often than it is meant."""
    seen: dict[tuple[str, str], str] = {}
    for key, person in people.items():
        for directory, account in person.accounts.items():
            first = seen.setdefault((directory, account), key)
            if first != key and account:
                place = ("people", key, "accounts", directory)
                related = (("first-here", desk.document.span(("people", first, "accounts", directory))),)
                desk.warn("account-shared", place, related=related, account=account, key=key, other=first)


def _from_table(desk: Desk, source: PeopleTable, folder: Path, inputs: Inputs) -> dict[str, Person] | None:
    try:
        data = inputs.named(folder, source.csv)
    except Unreadable as refused:
        desk.report(refused.code, ("people", "csv"), **refused.params)
        return None
    before = sum(_is_error(each) for each in desk.found)
    table = read_table(data, inputs.shown(folder / source.csv), desk.found, key=source.key)
    if table is None:
        return None
    if "name" not in table.columns:
        column_missing(table.source, table.columns, "name", desk.found)
        return None
    people: dict[str, Person] = {}
    directories = [each for each in table.columns if each not in (*_OWN, source.key)]
    for row in table.rows:
        accounts = {each: row.cells[each] for each in directories if row.cells[each]}
        plain: dict[str, object] = {"name": row.cells["name"], "accounts": accounts}
        if row.cells.get("backup"):
            plain["backup"] = row.cells["backup"]
        if row.cells.get("leaves_on"):
            plain["leaves_on"] = row.cells["leaves_on"]
        person = _person(desk.found, table, row.starts, source.key, row.key, plain)
        if person is not None:
            people[row.key] = person
    for row in table.rows:
        backup = row.cells.get("backup", "")
        if backup and backup not in people:
            start = row.starts["backup"]
            table.report(desk.found, "unknown-person", start, len(backup), name=backup, known=", ".join([*people][:8]))
    # Half a table would make everybody in the other half unknown, once for every mention.
    return people if sum(_is_error(each) for each in desk.found) == before else None


def _is_error(each: Diagnostic) -> bool:
    return each.severity is Severity.error


def _person(
    found: Diagnostics, table: Table, starts: object, column: str, key: str, plain: dict[str, object]
) -> Person | None:
    """One row as a person, under the same rules as one written in the project file."""
    assert isinstance(starts, dict)
    try:
        # The key is read as a declared key is: it is referred to from the project's files.
        file = ProjectFile.model_validate({"groupform": "1", "communities": ["-"], "people": {key: plain}})
    except ValidationError as error:
        for each in findings(error, ProjectFile):
            cell = str(each.loc[-1]) if each.loc and str(each.loc[-1]) in starts else column
            text = key if cell == column else str(plain.get(cell, ""))
            params = {str(name): value for name, value in each.params.items()}
            table.report(found, each.code, starts[cell], len(text), **params)
        return None
    assert not isinstance(file.people, PeopleTable)
    return file.people[key]
