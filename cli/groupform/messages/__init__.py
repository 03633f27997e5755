"""Every sentence a user can read, in English and Simplified Chinese, by code.

A catalogue is one TOML file per area and language: `en/<area>.toml`, `zh-CN/<area>.toml`. Each entry is either a plain
string, or a table with `message` and, for diagnostics, `hint` (what to do). Placeholders are `{name}`, filled by
`str.format_map`. A provider keeps its own catalogues in its folder (`messages.en.toml`, `messages.zh-CN.toml`; what
would make them too long in others, `messages.errors.en.toml`). A test holds both languages to the same codes and the
same placeholders.
"""

from __future__ import annotations

import locale
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh-CN")
_HERE = Path(__file__).parent


def language(environ: Mapping[str, str]) -> str:
    """The language to speak: GROUPFORM_LANG, then LC_ALL, LC_MESSAGES, LANG, then the system's; English otherwise."""
    for name in ("GROUPFORM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value and value not in ("C", "C.UTF-8", "POSIX"):
            return "zh-CN" if value.lower().replace("_", "-").startswith("zh") else "en"
    return "zh-CN" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"


class Catalogue:
    """The sentences of one language. Missing codes fall back to English, then to the code itself."""

    def __init__(self, lang: str) -> None:
        self.lang = lang if lang in LANGUAGES else "en"

    def text(self, code: str, /, **params: object) -> str:
        """The sentence for `code` with its placeholders filled."""
        found = _entry(self.lang, code, "message")
        return _fill(code if found is None else found, params)  # a sentence may be empty: Chinese needs no space

    def hint(self, code: str, /, **params: object) -> str | None:
        """What to do about `code`, or None where there is nothing to add."""
        found = _entry(self.lang, code, "hint")
        return _fill(found, params) if found else None

    def has(self, code: str) -> bool:
        return _entry(self.lang, code, "message") is not None


class _Words(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


_PARENTHESIS = re.compile(r"（[^（）]*\{[^（）]*）|\s?\([^()]*\{[^()]*\)")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)[^}]*\}")


def _fill(sentence: str, params: Mapping[str, object]) -> str:
    """A parenthesis that is there for words of which there are none says nothing, and is left out."""
    if "" in params.values():
        sentence = _PARENTHESIS.sub(lambda found: "" if _says_nothing(found[0], params) else found[0], sentence)
    return sentence.format_map(_Words(params))


def _says_nothing(part: str, params: Mapping[str, object]) -> bool:
    names = _PLACEHOLDER.findall(part)
    return bool(names) and all(params.get(each) == "" for each in names)


def _entry(lang: str, code: str, field: str) -> str | None:
    for each in (lang, "en"):
        found = load(each).get(code)
        if found is not None:
            return found.get(field)
    return None


@cache
def load(lang: str) -> Mapping[str, Mapping[str, str]]:
    """All entries of one language, core and providers, as `{code: {message, hint?}}`."""
    files = [
        *sorted((_HERE / lang).glob("*.toml")),
        *sorted((_HERE.parent / "providers").glob(f"*/messages*.{lang}.toml")),
    ]
    entries: dict[str, Mapping[str, str]] = {}
    for file in files:
        for code, value in tomllib.loads(file.read_text(encoding="utf-8")).items():
            entries[code] = {"message": value} if isinstance(value, str) else value
    return entries
