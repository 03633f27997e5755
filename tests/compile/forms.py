"""Communities for tests of compilers: the stories, the one with everything, and ways of writing that neither has."""

from __future__ import annotations

from pathlib import Path

from compile.worlds import STORIES, community, everything, story

SMALL = """\
community: club
title: Club
%(more)s
entry: {door: link}
groups:
  hall: {title: Hall, topic: Talk, owner: %(owner)s}
  drop: {each: {from: {run: 2}}, title: "Drop {run}"}
rules: {one: {title: One, text: Be one.}}
"""
TEAM = (
    "team: {owner: %s, roles: {host: {people: [host-sh], may: [moderate]}, aide: {people: [ops], may: [announce]}}, "
    "duty: {desk: {people: [ops]}, tower: {people: [lead, ops]}}}"
)
RUNS = "runs: {every: {%s, at: '18:00'}, lasts: 4h, then: dissolve}\ntimezone: Asia/Shanghai"
FORMS = {
    "a person by name": (TEAM % "{person: lead}", RUNS % "daily: yes", "{person: ops}"),
    "a duty": (TEAM % "{duty: desk}", RUNS % "monthly: [3, -1]", "{duty: desk}"),
    "a role": (TEAM % "host", RUNS % "dates: [2026-12-08, 2026-12-10]", "{role: host}"),
    "a notice from a file": (TEAM % "lead", RUNS % "weekly: [fri]" + "\nnotice: {file: wall.md}", "ops"),
    "a topic alone": (TEAM % "lead", RUNS % "weekly: [mon-wed]" + "\nnotice: {parts: [topic]}", "ops"),
}
"""Ways of writing that stand in none of the stories, as the lines before `entry` and the owner of a group."""

WORLDS = (*STORIES, "everything", *FORMS)


def write(folder: Path, name: str, platform: str) -> None:
    """The project of that name in `folder`, on one platform."""
    if name in FORMS:
        team, more, owner = FORMS[name]
        community(folder, SMALL % {"more": f"{team}\n{more}", "owner": owner}, platform)
        (folder / "wall.md").write_text("# Wall\n", encoding="utf-8")
    elif name == "everything":
        everything(folder, platform)
    else:
        story(folder, name, platform)
