"""Owns the sentences of a step, from its provider's catalogue: what to do, how, what for, what the words to paste are.

For a step `<platform>-step-<type>-<verb>` a provider may word `<platform>-steps-…` ({count} of them at once),
`<platform>-brief-…` (one among many), `<platform>-why-<type>` (what it is good for), and `<platform>-text-<type>` (what
its text is, where it is not simply pasted).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from groupform.compile.address import Address, AddressError
from groupform.engine.plan import Step
from groupform.render.post_parts import pin_by_hand
from groupform.render.step_batches import Batch, name_of
from groupform.render.terminal import Terminal, clean
from groupform.render.words import Words

_GOALS, _NOTHING = ("value", "value_names"), "—"
_PART_OF_A_CODE = re.compile(r"[a-z0-9_]+")


def who_and_what(terminal: Terminal, step: Step) -> tuple[str, str]:
    """Whom to name before the sentence (nobody, where the sentence names them itself), and the sentence."""
    sentence = terminal.say(_code(terminal, step), **_params(terminal, step))
    name = name_of(step)
    return ("" if name in sentence else name), sentence


def without_name(terminal: Terminal, step: Step) -> str:
    """The sentence where it is clear already who does it."""
    name = name_of(step)
    sentence = terminal.say(_code(terminal, step), **_params(terminal, step))
    for lead in (f"{name}：", f"{name}: ", f"{name}:"):
        if name and sentence.startswith(lead):
            rest = sentence.removeprefix(lead)
            return rest[:1].upper() + rest[1:]
    return sentence


def where_and_how(terminal: Terminal, step: Step) -> str | None:
    """The way through the platform's menus, where its provider knows one."""
    found = [terminal.hint(_code(terminal, step), **_params(terminal, step)), *besides(terminal, step)]
    return (" " if terminal.words.lang == "en" else "").join(each for each in found if each) or None


def brief(terminal: Terminal, step: Step) -> str:
    """One among many of its kind, in a few words."""
    code = step.what.code.replace("-step-", "-brief-", 1)
    return terminal.say(code, **_params(terminal, step)) if terminal.words.has(code) else without_name(terminal, step)


def purpose(terminal: Terminal, step: Step) -> str | None:
    """What it is good for."""
    code = _of_type(step, "why")
    return terminal.say(code, **_params(terminal, step)) if terminal.words.has(code) else None


def text_title(terminal: Terminal, step: Step) -> str:
    """What the words under a step are: to be pasted, unless its provider says otherwise."""
    code = _of_type(step, "text")
    return terminal.say(code, **_params(terminal, step)) if terminal.words.has(code) else terminal.say("steps-paste")


def further(terminal: Terminal, step: Step) -> list[tuple[str, str]]:
    """Further words to paste, each under what it is called."""
    words = Words(terminal, step.what.code.partition("-step-")[0])

    def title(name: str) -> str:
        named = words.named(name)
        return terminal.say("steps-paste-too", name=words.name(name)) if named else terminal.say("steps-paste-then")

    return [(title(name), text) for name, text in step.more.items()]


def pasted(terminal: Terminal, step: Step) -> bool:
    """Whether the words under a step are typed somewhere as they stand."""
    return bool(step.text) and not terminal.words.has(_of_type(step, "text"))


def told_by(step: Step, sentence: str) -> bool:
    """Whether a sentence gives the whole text already, as it does with a name."""
    return step.text is not None and any(f"{first}{step.text}{last}" in sentence for first, last in ("「」", "“”"))


def differs(terminal: Terminal, step: Step) -> bool:
    """Whether the old text is worth a look beside the new one: the sentence does not say it already."""
    if not step.was or not step.text or step.was == step.text:
        return False
    return "\n" in step.was + step.text or clean(step.was) not in terminal.say(
        step.what.code, **_params(terminal, step)
    )


def headline(terminal: Terminal, batch: Batch) -> str:
    """What a batch is: so many of a kind, or so much to do in one group."""
    first, count = batch.steps[0], len(batch.steps)
    if batch.place is not None:
        code = first.what.code.replace("-step-", "-place-", 1)
        if terminal.words.has(code) and len({each.what.code for each in batch.steps}) == 1:
            return terminal.say(code, **_params(terminal, first), count=count)
        return terminal.count("steps-batch-place", count, place=batch.place)
    code = first.what.code.replace("-step-", "-steps-", 1)
    if terminal.words.has(code):
        return terminal.say(code, **_params(terminal, first), count=count)
    return terminal.count("steps-batch-alike", count, first=without_name(terminal, first))


def day(text: str) -> str:
    """The day of an instant as it is written, in the zone it is written in."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).date().isoformat()


def besides(terminal: Terminal, step: Step) -> Iterator[str]:
    """What is done with a post of the calendar besides pasting its words."""
    if not step.what.code.startswith("calendar-step-post"):
        return
    told = step.what.params
    if "poll" in told:
        yield terminal.say(f"steps-poll-{told['poll']}", choose=told["choose"])
    if "pin" in told:
        yield pin_by_hand(terminal, str(told["pin"]))
    if "everyone" in told:
        yield terminal.say("post-hand-everyone")


def _code(terminal: Terminal, step: Step) -> str:
    """What a step says: where its platform has words of its own for what the calendar asks, those."""
    platform = step.what.params.get("platform")
    own = step.what.code.replace("calendar-step-", f"{platform}-step-", 1)
    return own if platform and terminal.words.has(own) else step.what.code


def _of_type(step: Step, kind: str) -> str:
    """`<platform>-<kind>-<type>` for the step's type."""
    platform = step.what.code.partition("-step-")[0]
    try:
        name = Address.parse(step.address).type
    except AddressError:
        name = ""
    return f"{platform}-{kind}-{name}"


def _params(terminal: Terminal, step: Step) -> dict[str, object]:
    """Words for a step's sentences; a value that its provider has a word for (`qq-value-policy-anyone`) reads so."""
    changed = step.key.partition("!")[2]
    platform = step.what.code.partition("-step-")[0]
    params: dict[str, object] = {"label": step.label, "who": step.who or "", **step.what.params}
    for name, value in params.items():
        if name in _GOALS and value == "":
            params[name] = _NOTHING  # what is to be there is nothing: the sentence must not end in mid-air
        code = f"{platform}-value-{changed if name in ('value', 'before') else name}-{value}"
        if isinstance(value, str) and _PART_OF_A_CODE.fullmatch(value) and terminal.words.has(code):
            params[name] = terminal.say(code)
    return params
