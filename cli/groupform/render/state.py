"""Owns how the state is shown: what is bound to what."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from groupform.render.plan_view import short_address
from groupform.render.terminal import Terminal, clean, print_wrapped
from groupform.render.values import Values
from groupform.state.document import Document


def show_documents(terminal: Terminal, documents: Sequence[Document]) -> None:
    """Prints every binding of every document, one line each, to `out`."""
    for number, document in enumerate(documents):
        if number:
            terminal.line()
        show_document(terminal, document)


def show_document(terminal: Terminal, document: Document) -> None:
    """Prints one document's bindings and what is still open in it."""
    head = Text.assemble((clean(document.deployment), "head"))
    facts = terminal.say("binding-facts", environment=document.environment, serial=document.serial)
    head.append(f"  {facts}", style="faint")
    terminal.line(head, hanging=2)
    if not document.bindings:
        terminal.line(terminal.say("binding-empty"), indent=2)
    width = min(max((cell_len(short_address(each)) for each in document.bindings), default=0), 40)
    for address, binding in document.bindings.items():
        name = short_address(address)
        text = Text(clean(name) + " " * max(width - cell_len(name), 0))
        text.append(f"  {clean(binding.label)}")
        if binding.left:
            text.append(f"  {terminal.say('binding-left')}", style="caution")
        text.append(f"  {clean(binding.id)}", style="faint")
        # Ids are for copying: they are never broken.
        print_wrapped(terminal.out, text, indent=2, verbatim=True)
    if document.intents:
        terminal.line(terminal.count("binding-intents", len(document.intents)), indent=2, hanging=2, style="caution")
    if document.progress is not None:
        started = terminal.say("binding-progress", when=document.progress.started_at)
        terminal.line(started, indent=2, hanging=2, style="caution")


def show_binding(terminal: Terminal, document: Document, address: str) -> None:
    """Prints all that is known of one address."""
    binding = document.bindings[address]
    values = Values(terminal, document.deployment, full=True)
    terminal.line(Text(clean(address), style="head"))
    facts = {
        "binding-type": binding.type,
        "binding-id": binding.id,
        "binding-label": binding.label,
        "binding-origin": binding.origin,
        "binding-on-remove": binding.on_remove,
    }
    for code, value in facts.items():
        terminal.line(terminal.say(code, value=value), indent=2, hanging=4)
    if binding.protect:
        terminal.line(terminal.say("review-is-protected"), indent=2, style="caution")
    if binding.applied:
        terminal.line(terminal.say("binding-applied"), indent=2, style="head")
    for name, value in binding.applied.items():
        if isinstance(value, str) and "\n" in value:
            terminal.line(f"{name}:", indent=4)
            terminal.line(clean(value), indent=6)
        else:
            terminal.line(f"{name}: {values.short(value)}", indent=4, hanging=4)
    for name, code in binding.refused.items():
        terminal.line(
            terminal.say("binding-refused", attribute=name, why=terminal.say(code)), indent=4, style="caution"
        )
