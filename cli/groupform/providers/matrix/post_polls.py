"""Owns the end of a poll in a room: whether we have ended it, the counting of its votes, and the event that ends it.

https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/3381-polls.md
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from groupform.providers.matrix.api import Api
from groupform.providers.matrix.post_content import POLL, TEXT

END = "org.matrix.msc3381.poll.end"
RESPONSE = "org.matrix.msc3381.poll.response"
_PAGES = 40
"""A hundred votes and polls each."""

Event = Mapping[str, Any]


async def end_poll(api: Api, room: str, poll: str, account: str, nonce: str) -> None:
    """Ends it under `nonce` as transaction id. Nothing is sent where `account`, which sent the poll, has ended it
    before, or where somebody has deleted it. Raises HttpError.

    An end that somebody else sent may be none (theirs must have the power to delete), and ours is heard besides.
    """
    votes: list[Event] = []
    start: Event | None = None
    after: str | None = None
    for _ in range(_PAGES):
        page, after = await api.history(room, (POLL, RESPONSE, END), after)
        if any(each.get("type") == END and each.get("sender") == account and _of(each) == poll for each in page):
            return
        votes += [each for each in page if each.get("type") == RESPONSE and _of(each) == poll]
        start = next((each for each in page if each.get("event_id") == poll), None)
        if start is not None or after is None or not page:
            break
    counted = start is not None
    start = start if start is not None else await api.event(room, poll)
    said = start.get("content") if start is not None else None
    held = said.get(POLL) if isinstance(said, dict) else None
    if not isinstance(held, dict):
        return
    content = {
        END: {},
        TEXT: _words(held, _tally(held, votes) if counted else None),
        "m.relates_to": {"rel_type": "m.reference", "event_id": poll},
        "m.mentions": {},
    }
    await api.send(room, END, nonce, content)


def _of(event: Event) -> str:
    """The poll that a vote or an end belongs to."""
    content = event.get("content")
    relates = content.get("m.relates_to") if isinstance(content, dict) else None
    return str(relates.get("event_id", "")) if isinstance(relates, dict) else ""


def _tally(poll: Mapping[str, Any], votes: Iterable[Event]) -> Counter[str]:
    """How many chose each answer, by its id. `votes` come newest first: a member's last one counts, and one that holds
    anything but answers of the poll is spoiled."""
    known, most = {key for key, _ in _answers(poll)}, poll.get("max_selections", 1)
    counted: Counter[str] = Counter()
    voters: set[str] = set()
    for each in votes:
        who = str(each.get("sender", ""))
        if who in voters:
            continue
        voters.add(who)
        content = each.get("content")
        held = content.get(RESPONSE) if isinstance(content, dict) else None
        chosen = held.get("answers") if isinstance(held, dict) else None
        if isinstance(chosen, list) and all(isinstance(one, str) for one in chosen):
            valid = list(dict.fromkeys(chosen[:most]))
            counted.update(valid if known.issuperset(valid) else ())
    return counted


def _words(poll: Mapping[str, Any], counted: Counter[str] | None) -> str:
    """What a client that knows no polls shows: the question, and how many chose each answer. In no language but the
    poll's own; without numbers where not all votes could be read."""
    question = poll.get("question")
    lines = [f"☑ {_text(question)}"]
    for key, text in _answers(poll) if counted is not None else ():
        lines.append(f"{text} · {counted[key] if counted is not None else 0}")
    return "\n".join(lines)


def _answers(poll: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    found = poll.get("answers")
    answers = found if isinstance(found, list) else []
    return [(str(each.get("id", "")), _text(each)) for each in answers if isinstance(each, dict)]


def _text(held: object) -> str:
    return str(held.get(TEXT, "")) if isinstance(held, dict) else ""
