"""Owns the lock of one local document: taken by the kernel, so that it dies with its holder, and signed by a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from filelock import FileLock, Timeout

from groupform.state.files import Step, remove, unobserved, write_whole
from groupform.state.folder import Folder
from groupform.state.spelling import refuse
from groupform.state.store import Holder


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held. `id` stands in the holder file and in every line of the journal."""

    id: str
    folder: Folder

    def check(self) -> None:
        """Raises Refused when somebody has taken the lock away meanwhile, whoever broke it and however."""
        found = _signed(self.folder)
        if found is None or found[0] != self.id:
            who = found[1].who if found else "-"
            raise refuse("state-lock-lost", deployment=self.folder.key.deployment, who=who)


@contextmanager
def hold(folder: Folder, holder: Holder, lock_id: str, step: Step = unobserved) -> Iterator[Lock]:
    """Holds the lock. Raises Refused `state-locked` when a living process has it; a dead one's is simply taken."""
    kernel = FileLock(folder.lock, timeout=0, mode=0o600, thread_local=False, preserve_lock_file=True)
    try:
        kernel.acquire()
    except Timeout:
        found = _signed(folder)
        other = found[1] if found else Holder("-", 0, "-", "-")
        raise refuse("state-locked", deployment=folder.key.deployment, **asdict(other)) from None
    except OSError as error:
        raise refuse("state-not-writable", file=str(folder.lock), reason=error.strerror or str(error)) from error
    try:
        try:
            data = json.dumps({"lock": lock_id, **asdict(holder)}, ensure_ascii=False).encode("utf-8", "replace")
            write_whole(folder.holder, data, step)
        except OSError as error:
            raise refuse("state-not-writable", file=str(folder.holder), reason=error.strerror or str(error)) from error
        lock = Lock(lock_id, folder)
        try:
            yield lock
        finally:
            found = _signed(folder)
            if found is not None and found[0] == lock_id:
                remove(folder.holder, step)
    finally:
        kernel.release()


def signer(folder: Folder) -> Holder | None:
    """Whose signature the lock bears: the holder's, or that of one that died."""
    found = _signed(folder)
    return found[1] if found else None


def _signed(folder: Folder) -> tuple[str, Holder] | None:
    """Whose signature the lock bears, as (lock id, holder)."""
    try:
        value = json.loads(folder.holder.read_text(encoding="utf-8"))
        holder = Holder(str(value["who"]), int(value["pid"]), str(value["since"]), str(value["command"]))
        return str(value["lock"]), holder
    except (OSError, ValueError, KeyError, TypeError):
        return None
