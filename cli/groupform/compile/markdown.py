"""Owns the two ways between Markdown and typed text: escaping words into it, reading it without its marks."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_INLINE = re.compile(r"[\\`*\[\]<]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
_LINE_START = re.compile(r"^( {0,3})(?:([#>+=~|-])|([0-9]{1,9})([.)]))", re.MULTILINE)


@lru_cache(maxsize=1024)
def escape(text: str) -> str:
    """Text that reads in Markdown as it is written. Only what would otherwise be a mark gets a backslash.

    Remembered like `plain`: a rule is escaped once, not once for each of a thousand groups."""
    return _LINE_START.sub(_escape_start, _INLINE.sub(lambda found: "\\" + found[0], text))


@lru_cache(maxsize=1024)
def plain(markdown: str) -> str:
    """Markdown (CommonMark) as text without marks: headings and paragraphs apart, lists with their numbers, links with
    their address behind them. Remembered, since the copies of a group share most of their words."""
    tree = SyntaxTreeNode(_parser().parse(markdown))
    return _blocks(tree).strip("\n")


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})


def _escape_start(found: re.Match[str]) -> str:
    return f"{found[1]}\\{found[2]}" if found[2] else f"{found[1]}{found[3]}\\{found[4]}"


def _blocks(node: SyntaxTreeNode) -> str:
    return "\n\n".join(filter(None, (_block(child) for child in node.children)))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "blockquote":
            return _indented(_blocks(node), "> ", "> ")
        case "fence" | "code_block":
            return node.content.rstrip("\n")
        case "hr":
            return "————"
        case _:
            return "".join(_inline(child) for child in node.children)


def _list(node: SyntaxTreeNode) -> str:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    lines = []
    for index, child in enumerate(node.children):
        mark = "- " if first is None else f"{first + index}. "
        # A tight list keeps its elements on neighbouring lines, whatever stands inside them.
        lines.append(_indented(_blocks(child).replace("\n\n", "\n"), mark, " " * len(mark)))
    return "\n".join(lines)


def _indented(text: str, first: str, others: str) -> str:
    return first + text.replace("\n", "\n" + others)


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            words = "".join(_inline(child) for child in node.children)
            address = str(node.attrs.get("href", ""))
            return words if words == address else f"{words} {address}".strip()
        case "image":
            return f"{node.content} {node.attrs.get('src', '')}".strip()
        case "text" | "code_inline" | "html_inline":
            return node.content
        case _:
            return "".join(_inline(child) for child in node.children)
