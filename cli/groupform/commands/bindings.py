"""Owns reading the state for a person who asks, without a lock and without any request."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

import anyio

from groupform.commands.finding import one_of
from groupform.commands.run import Run
from groupform.commands.worlds import open_store
from groupform.config.diagnostics import Refused
from groupform.config.project import Project
from groupform.state.document import Document


def read_documents(run: Run, env: str | None, deployments: Collection[str] | None) -> list[Document]:
    """The documents of one environment, in the store's order; also of deployments no file declares any more."""
    project = load_leniently(run, env)

    async def read() -> list[Document]:
        store = open_store(project)
        found = []
        for key in await store.list():
            if key.environment == project.environment and (deployments is None or key.deployment in deployments):
                document = await store.read(key)
                if document is not None:
                    found.append(document)
        return found

    return anyio.run(read)


def find_binding(run: Run, env: str | None, text: str) -> tuple[Document, str]:
    """The binding that an address, or its end, names, with its document. Raises Refused `address-unknown`."""
    documents = read_documents(run, env, None)
    by_address = {address: each for each in documents for address in each.bindings}
    found = one_of(text, by_address, "address-unknown")
    return by_address[found], found


def load_leniently(run: Run, env: str | None) -> Project:
    """The project without asking for any secret: what is already in the state can be read without one."""
    from groupform.config.load import load_project

    loaded = load_project(run.root, environ=run.environ, environment=env, now=run.now(), deployments=())
    if loaded.project is None:
        raise Refused(loaded.diagnostics)
    if run.rehearsing:
        from groupform.commands.rehearsing import with_own_state

        return with_own_state(run, loaded.project)
    return loaded.project


def write_json(run: Run, documents: Sequence[Document]) -> None:
    """Writes documents to standard output as one JSON list."""
    content = [each.model_dump(mode="json") for each in documents]
    run.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
