"""Owns writing people's lists: one page a person into a folder, one file, or to standard output."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from groupform.commands.ending import exit_code
from groupform.commands.planning import show_troubles
from groupform.commands.run import Run
from groupform.commands.stepping import Bench, check_person, look, open_bench
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.engine.plan import Step
from groupform.render.html.page import Sheet, file_name, page_html
from groupform.render.step_batches import name_of
from groupform.render.steps_markdown import page_markdown
from groupform.render.steps_table import table
from groupform.state.files import write_whole

_ENDINGS = {"markdown": "md", "issue": "md", "csv": "csv", "html": "html"}


@dataclass(frozen=True, slots=True)
class _Page:
    """One person's list."""

    file: str
    who: str
    name: str
    steps: tuple[Step, ...]


def export(
    run: Run, env: str | None, deployments: Sequence[str] | None, form: str, who: str | None, out: Path | None
) -> int:
    """Writes the lists and says where they are; returns the exit code. Raises Refused `export-needs-out`."""
    found = look(run, env, deployments)
    check_person(run, env, who, found)
    bench = open_bench(run, env)
    pages = _pages(bench, found.of(who), who)
    write = _writer(run, bench, form)
    folder = out is not None and (out.suffix == "" or (run.folder() / out).is_dir())
    if folder and out is not None:
        _into_folder(
            run, run.folder() / out, [*pages, *_emptied(bench, run.folder() / out, form, pages, who)], form, write
        )
    elif out is not None and (form == "csv" or len(pages) <= 1):
        every = tuple(step for page in pages for step in page.steps)
        text = write(_Page(out.stem, who or "", "", every)) if form == "csv" else "".join(map(write, pages))
        write_whole(run.folder() / out, text.encode("utf-8"))
        run.terminal.aside(run.terminal.count("export-written", len(every), file=str(out)), style="good")
    elif out is not None or (form == "html" and len(pages) > 1):
        raise Refused([Diagnostic("export-needs-out", params={"count": len(pages)})])
    elif form == "csv":
        every = tuple(step for page in pages for step in page.steps)
        run.stdout.write(write(_Page("", "", "", every)))
    else:
        run.stdout.write("\n".join(map(write, pages)))
    show_troubles(run.terminal, found.planned.troubles)
    return exit_code([found.planned.trouble_code])


def _pages(bench: Bench, steps: Sequence[Step], who: str | None) -> list[_Page]:
    """The lists by person, in the order in which they are met; one for `who` even where nothing is left."""
    people: dict[str, list[Step]] = {}
    for each in steps:
        people.setdefault(file_name(each), []).append(each)
    pages = [
        _Page(name, mine[0].who or "", name_of(mine[0]) or bench.run.terminal.say("page-nobody"), tuple(mine))
        for name, mine in people.items()
    ]
    if not pages:
        key, name = next(
            ((key, name) for key, name in _people(bench).items() if who in (key, name)), (who or "nobody", who or "")
        )
        pages = [_Page(key, key, name or bench.run.terminal.say("page-nobody"), ())]
    return pages


def _emptied(bench: Bench, folder: Path, form: str, pages: Sequence[_Page], who: str | None) -> list[_Page]:
    """People whose page lies there from before, and who have nothing left: it must not go on asking."""
    if who is not None:
        return []
    written = {each.file for each in pages}
    return [
        _Page(key, key, name, ())
        for key, name in _people(bench).items()
        if key not in written and (folder / f"{key}.{_ENDINGS[form]}").is_file()
    ]


def _people(bench: Bench) -> dict[str, str]:
    return {key: each.name for deployment in bench.project.deployments for key, each in deployment.people.items()}


def _into_folder(run: Run, folder: Path, pages: Sequence[_Page], form: str, write: Callable[[_Page], str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for each in pages:
        file = folder / f"{each.file}.{_ENDINGS[form]}"
        write_whole(file, write(each).encode("utf-8"))
        words = run.terminal.count("export-page", len(each.steps), who=each.name, file=str(file))
        run.terminal.line(words, style="good")


def _writer(run: Run, bench: Bench, form: str) -> Callable[[_Page], str]:
    terminal = run.terminal
    names = _people(bench)
    made = bench.run.now().astimezone().isoformat(sep=" ", timespec="minutes")[:16]

    def enclosed(path: str, sha256: str) -> bytes | None:
        """An enclosed file, from the community that declares it, while it is still what was declared."""
        for community in bench.project.communities.values():
            data = community.files.get(path)
            if data is not None and hashlib.sha256(data).hexdigest() == sha256:
                return data
        return None

    def write(page: _Page) -> str:
        if form == "html":
            sheet = Sheet(
                bench.project.root.name, bench.project.environment, page.who, page.name, made, names, enclosed
            )
            return page_html(terminal, sheet, page.steps)
        if form == "csv":
            return table(terminal, page.steps)
        return page_markdown(terminal, page.name, page.steps, issue=form == "issue")

    return write


def page_of(run: Run, bench: Bench, who: str, name: str, steps: Sequence[Step]) -> str:
    """One person's HTML page."""
    return _writer(run, bench, "html")(_Page(who, who, name, tuple(steps)))
