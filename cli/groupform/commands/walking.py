"""Owns the walk through one person's steps: one is shown, an answer is taken, what is done is durable at once."""

from __future__ import annotations

from collections.abc import Sequence

from groupform.commands.ending import exit_code
from groupform.commands.planning import show_troubles
from groupform.commands.run import Run
from groupform.commands.stepping import Bench, Open, check_person, look, open_bench, record
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.engine.plan import Step, StepStatus
from groupform.engine.step_ticks import Tick, word_of
from groupform.messages import LANGUAGES, Catalogue
from groupform.render.step_batches import batches
from groupform.render.steps_walk import show_summary, show_walked

_KINDS = ("done", "skip", "note", "stop")


def walk(run: Run, env: str | None, deployments: Sequence[str] | None, who: str | None) -> int:
    """Goes through the steps of `who`; returns the exit code. What was said before a stop or a kill is kept.

    Raises Refused `ask-nobody` where nobody can answer, and `walk-who` where it is not clear whose steps are meant.
    """
    if not run.terminal.interactive or run.stdin is None:
        raise Refused([Diagnostic("walk-nobody")])
    found = look(run, env, deployments)
    check_person(run, env, who, found)
    names = dict.fromkeys(step.name or step.who for step in found.of(who))
    if who is None and len(names) > 1:
        raise Refused([Diagnostic("walk-who", params={"names": ", ".join(str(each) for each in names if each)})])
    steps = [step for batch in batches(found.of(who)) for step in batch.steps]
    done = _Walk(run, open_bench(run, env), found).through(steps)
    left = [each for each in steps if each.key not in done]
    show_summary(run.terminal, len(done), len(left))
    show_troubles(run.terminal, found.planned.troubles)
    overdue = any(each.status is StepStatus.overdue for each in left)
    return exit_code([found.planned.trouble_code, 3 if overdue else 0])


class _Walk:
    """One person at a terminal."""

    def __init__(self, run: Run, bench: Bench, found: Open) -> None:
        self._run = run
        self._bench = bench
        self._found = found

    def through(self, steps: Sequence[Step]) -> set[str]:
        """The keys of what was said to be done. What waits for another step comes once that is done."""
        done: set[str] = set()
        left = list(steps)
        seen = 0
        while left:
            step = next((each for each in left if not self._waits(each, steps, done)), None)
            if step is None:
                for each in left:
                    first = ", ".join(each.blocked_by)
                    self._run.terminal.line(self._say("walk-waits", label=each.label, first=first), style="faint")
                break
            left.remove(step)
            seen += 1
            show_walked(self._run.terminal, step, seen, len(steps))
            answer, note = self._answer()
            if answer == "stop":
                break
            if answer == "skip":
                continue
            if step.proof == "observed":
                self._run.terminal.line(self._say("walk-observed"), indent=2, style="note")
                # What follows can be done as well: whether it is so is read by the next plan.
                done.add(step.key)
                continue
            number = self._number(step)
            tick = Tick(step.key, step.ticket, note=note, answer=number)
            by = step.who or step.name or self._bench.world.who
            word = word_of(tick, step, by=by, now=self._bench.now)
            record(self._bench, [(self._found.steps[step.key][0], step, word)])
            self._run.terminal.line(self._say("walk-recorded"), indent=2, style="good")
            done.add(step.key)
        return done

    @staticmethod
    def _waits(step: Step, steps: Sequence[Step], done: set[str]) -> bool:
        """Whether something else that is left to this person comes first, or something that nobody here can do."""
        mine = {each.address: each.key for each in steps if "!" not in each.key}
        return any(mine.get(each) not in done for each in step.blocked_by)

    def _answer(self) -> tuple[str, str]:
        """What is to become of the step, and the remark that was made."""
        note = ""
        while True:
            line = self._read("walk-ask")
            if line is None:
                return "stop", note
            kind = next((each for each in _KINDS if line.lower() in self._words(each)), None)
            if kind == "note":
                note = self._read("walk-note") or note
            elif kind is not None:
                return kind, note
            else:
                self._run.terminal.aside(self._say("walk-again"), style="caution")

    def _number(self, step: Step) -> int | None:
        while step.asks is not None:
            line = self._read(f"walk-asks-{step.asks}")
            if not line:
                return None
            if line.isascii() and line.isdigit() and len(line) < 8:
                return int(line)
            self._run.terminal.aside(self._say("walk-number"), style="caution")
        return None

    @staticmethod
    def _words(kind: str) -> set[str]:
        """What may be typed for an answer, in whichever language."""
        return {word for each in LANGUAGES for word in Catalogue(each).text(f"walk-words-{kind}").split()}

    def _read(self, code: str) -> str | None:
        """A line that somebody types; None at the end of all input."""
        assert self._run.stdin is not None
        self._run.terminal.err.print(self._say(code) + " ", end="", style="head")
        self._run.stderr.flush()
        line = self._run.stdin.readline()
        return line.strip() if line else None

    def _say(self, code: str, **params: object) -> str:
        return self._run.terminal.say(code, **params)
