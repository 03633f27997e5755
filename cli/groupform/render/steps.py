"""Owns the list of steps across deployments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from groupform.engine.plan import DeploymentPlan, Step
from groupform.render.plan_steps import show_checklist
from groupform.render.step_words import where_and_how, who_and_what
from groupform.render.terminal import Terminal, clean


def show_steps_of(terminal: Terminal, plan: DeploymentPlan, steps: Sequence[Step]) -> None:
    """Prints the chosen `steps` of one deployment as a checklist, and how many are done."""
    head = Text.assemble((clean(plan.deployment), "head"))
    head.append(f"  {clean(plan.platform)}", style="faint")
    terminal.line(head)
    if steps:
        show_checklist(terminal, steps)
    else:
        terminal.line(terminal.say("steps-none"), indent=2)
    if plan.steps_done:
        terminal.line(terminal.count("steps-done-count", plan.steps_done), indent=2, style="faint")


def step_json(terminal: Terminal, step: Step) -> dict[str, Any]:
    """One step as data, with its sentence."""
    told = {"message": who_and_what(terminal, step)[1], "hint": where_and_how(terminal, step)}
    return {**step.model_dump(mode="json"), **told}
