"""Owns the local state backend: a folder a document, whole writes with a journal between them (DESIGN §7)."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from groupform.config.diagnostics import Refused
from groupform.state.document import Document, Entry, fold
from groupform.state.files import Step, append, make_folder, remove, unobserved, write_whole
from groupform.state.folder import KEPT_AT, Folder, Loaded, kept_serial, kept_since, load, load_copy, stamp
from groupform.state.journal import Line, encode
from groupform.state.lock import Lock, hold, signer
from groupform.state.renaming import rename_deployment
from groupform.state.spelling import refuse, spell
from groupform.state.store import Holder, Snapshot, StateKey

_KEEP = 10
_CHECKPOINT = 256


def _utc() -> datetime:
    return datetime.now(UTC)


class LocalStore:
    """Documents in folders below `folder`, `<environment>/<deployment>/`, readable by their owner only.

    After `checkpoint` journal lines, or as many as the document has bindings where those are more, the whole document
    is written again: a large one grows in time that is linear in its size. `keep` is the number of backups. `step` is
    told every durable step before it is taken.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], datetime] = _utc,
        token: Callable[[], str] = lambda: uuid.uuid4().hex,
        step: Step = unobserved,
        keep: int = _KEEP,
        checkpoint: int = _CHECKPOINT,
    ) -> None:
        self._root = folder
        self.now = now
        self.token = token
        self.step = step
        self.keep = keep
        self.checkpoint = checkpoint

    def folder(self, key: StateKey) -> Folder:
        """Where the document of `key` lives."""
        return Folder(self._root / key.environment / key.deployment, key)

    async def read(self, key: StateKey) -> Document | None:
        """The document as it is durable now, without a lock. Raises Refused for what cannot be trusted."""
        found = load(self.folder(key))
        return found.document if found else None

    async def list(self) -> Sequence[StateKey]:
        """Every document there is, in the order of environment and deployment."""
        found = sorted(self._root.glob("*/*/state.json")) if self._root.is_dir() else []
        keys = [StateKey(each.parent.name, each.parent.parent.name) for each in found]
        return [each for each in keys if not each.is_ledger]

    def open(self, key: StateKey, holder: Holder) -> AbstractAsyncContextManager[LocalWriter]:
        """Locks and opens. A new document becomes durable with its first commit, so that looking leaves no trace."""
        return self._open(key, holder)

    @asynccontextmanager
    async def _open(self, key: StateKey, holder: Holder) -> AsyncIterator[LocalWriter]:
        folder = self._made(key)
        with hold(folder, holder, self.token(), self.step) as lock:
            writer = LocalWriter(self, folder, lock, load(folder))
            try:
                yield writer
            finally:
                writer.close()

    async def rename(self, old: StateKey, new: StateKey, holder: Holder) -> bool:
        """Renames a deployment's document, addresses inside included. False where there is nothing to rename.

        Safe to run again after a kill at any point. Raises Refused `state-rename-taken` when `new` has a history of
        its own.
        """
        source = self.folder(old)
        if load(source) is None:
            return False
        target = self._made(new)
        with ExitStack() as locks:
            for each in sorted((source, target), key=lambda one: str(one.path)):
                locks.enter_context(hold(each, holder, self.token(), self.step))
            was = load(source)
            if was is None:
                return False
            there = load(target)
            if there is not None and there.document.lineage != was.document.lineage:
                raise refuse("state-rename-taken", old=old.deployment, new=new.deployment)
            with _writing(target.state):
                if there is None:
                    write_whole(target.state, spell(rename_deployment(was.document, new.deployment)), self.step)
                # One rename takes the old document out of sight whole; it stays as the copy to go back to.
                kept = target.path / "former" / f"{old.deployment}-{self.now():%Y%m%dT%H%M%S.%fZ}"
                make_folder(kept.parent)
                self.step(f"rename {source.path.name}")
                source.path.rename(kept)
        return True

    async def unlock(self, key: StateKey) -> Holder | None:
        """Takes the lock away. A holder that wakes up finds another signature, or none, and writes no more."""
        folder = self.folder(key)
        holder = signer(folder)
        if holder is None and not folder.lock.exists():
            return None
        with _writing(folder.holder):
            remove(folder.holder, self.step)
            # The kernel's lock is on the file: with a new file there is a new lock.
            remove(folder.lock, self.step)
        return holder

    async def history(self, key: StateKey) -> Sequence[Snapshot]:
        """The backups, newest first."""
        folder = self.folder(key)

        def snapshot(file: Path, serial: int) -> Snapshot:
            async def document() -> Document:
                return load_copy(file, key)

            return Snapshot(serial, kept_since(file), document)

        found = [(file, kept_serial(file)) for file in reversed(folder.kept())]
        return [snapshot(file, serial) for file, serial in found if serial is not None]

    def _made(self, key: StateKey) -> Folder:
        folder = self.folder(key)
        with _writing(folder.path):
            make_folder(folder.path)
        return folder


class LocalWriter:
    """The right to write one document, while its lock is held."""

    def __init__(self, store: LocalStore, folder: Folder, lock: Lock, found: Loaded | None) -> None:
        self._store = store
        self._folder = folder
        self._lock = lock
        self._base = found.base if found else 0
        self._length = found.journal.length if found else 0
        self._lines = len(found.journal.lines) if found else 0
        self._stamp = found.stamp if found else None
        self._prepared = False
        self._broken = False
        self._document = (
            found.document
            if found
            else Document(lineage=store.token(), deployment=folder.key.deployment, environment=folder.key.environment)
        )

    @property
    def document(self) -> Document:
        """The document as last made durable by this writer."""
        return self._document

    async def commit(self, entries: Sequence[Entry]) -> None:
        """Makes `entries` durable, in one write of the journal; on return they survive a kill.

        Raises Refused (`state-lock-lost`, `state-moved`, `state-not-writable`). There is no await inside, so that a
        cancellation falls before or after a commit, never into it.
        """
        if not entries:
            return
        self._check()
        document = self._document
        line = Line(document.serial + 1, document.lineage, self._lock.id, tuple(entries))
        data = encode(line)
        with self._once_broken_always(), _writing(self._folder.state):
            self._prepare()
            append(self._folder.journal(self._base), self._length, data, self._store.step)
        self._length += len(data)
        self._lines += 1
        for entry in entries:
            fold(document, entry)
        document.serial = line.serial
        if self._lines >= max(self._store.checkpoint, len(document.bindings)):
            with self._once_broken_always(), _writing(self._folder.state):
                self._write_whole()

    async def check(self) -> None:
        """Raises Refused when the lock was taken away."""
        self._lock.check()

    def close(self) -> None:
        """Folds the journal into the whole file, if it is still ours to write.

        A failure loses nothing: the journal stays for the next reader.
        """
        if self._broken or not self._lines or not self._prepared:
            return
        with contextlib.suppress(OSError, Refused):
            self._check()
            self._write_whole()

    def _check(self) -> None:
        """Compare, before the set: the lock is still ours, and nobody has written since we did."""
        if self._broken:
            raise refuse("state-not-writable", file=str(self._folder.state), reason="EIO")
        self._lock.check()
        try:
            now = stamp(self._folder.state) if self._folder.state.exists() else None
            journal = self._folder.journal(self._base)
            length = journal.stat().st_size if self._prepared and journal.exists() else self._length
        except OSError as error:
            raise refuse("state-not-readable", file=str(self._folder.state), reason=str(error.strerror)) from error
        if now != self._stamp or length != self._length:
            raise refuse("state-moved", deployment=self._folder.key.deployment)

    def _prepare(self) -> None:
        """Before the first write: the document stands whole, and a copy of it is kept."""
        if self._prepared:
            return
        if self._stamp is None or self._lines or self._folder.journal(self._base).exists():
            # A torn line behind the last whole one goes with the old journal.
            self._write_whole()
        if self._document.serial:
            make_folder(self._folder.backups)
            name = f"{self._store.now().strftime(KEPT_AT)}-{self._document.serial}.json"
            write_whole(self._folder.backups / name, spell(self._document), self._store.step)
            needed = {each.serial for each in self._document.applies}
            for each in self._folder.kept()[: -self._store.keep]:
                if kept_serial(each) not in needed:
                    remove(each, self._store.step)
        self._prepared = True

    def _write_whole(self) -> None:
        """One atomic rename starts the new document and, by its name, an empty journal."""
        write_whole(self._folder.state, spell(self._document), self._store.step)
        self._base = self._document.serial
        self._length = self._lines = 0
        self._stamp = stamp(self._folder.state)
        for each in self._folder.journals():
            if each != self._folder.journal(self._base):
                remove(each, self._store.step)

    @contextlib.contextmanager
    def _once_broken_always(self) -> Iterator[None]:
        """After a failed write nobody knows what the disk holds: this writer writes no more, the next one reads."""
        try:
            yield
        except BaseException:
            self._broken = True
            raise


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise refuse("state-not-writable", file=str(path), reason=error.strerror or str(error)) from error
