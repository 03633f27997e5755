"""Owns what git tells of the project's folder: the commit it is at, and what was committed between two applies."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from groupform.commands.run import WORK_FOLDER
from groupform.engine.plan import Commit
from groupform.engine.world import Revision

_PATIENCE = 20.0
_MOST = 50
# A file that was never committed is the project's where a project could name it; a saved plan beside it is not.
_SOURCES = (".yaml", ".yml", ".csv", ".tsv", ".md", ".txt")


def revision_of(folder: Path, environ: Mapping[str, str]) -> Revision | None:
    """Where the work tree is that holds `folder`; None where there is none, or no git."""
    commit = _git(folder, environ, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if commit is None:
        return None
    status = _git(folder, environ, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", ".")
    return Revision(commit.strip(), any(map(_counts, (status or "").split("\0"))))


def commits_between(folder: Path, environ: Mapping[str, str], old: str | None, new: str | None) -> list[Commit]:
    """What was committed in `folder` after `old` up to `new`, newest first: `git log --oneline old..new -- .`.

    Nothing where either is not known, or not in this repository (a shallow clone).
    """
    if old is None or new is None or not (_name(old) and _name(new)):
        return []
    told = _git(folder, environ, "log", f"--max-count={_MOST}", "--format=%H%x1f%s", f"{old}..{new}", "--", ".")
    rows = [each.split("\x1f", 1) for each in (told or "").splitlines()]
    return [Commit(id=row[0], subject=row[1]) for row in rows if len(row) == 2]


def _counts(line: str) -> bool:
    """Whether a line of the status is about a file of the project."""
    path = line[3:]
    if not path or WORK_FOLDER in Path(path).parts:
        return False
    return not line.startswith("??") or path.endswith(_SOURCES)


def _name(commit: str) -> bool:
    """What came out of a state is a commit's name, and no option of git's."""
    return commit.isalnum()


def _git(folder: Path, environ: Mapping[str, str], *words: str) -> str | None:
    command: Sequence[str] = ("git", "-c", "core.fsmonitor=false", "-C", str(folder), *words)
    try:
        done = subprocess.run(
            command,
            env={**environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
