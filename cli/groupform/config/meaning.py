"""Guesses what was meant by a value that its field cannot read: Chinese words, other ways to write a date or a time.

Every guess is tried by the field itself before it is offered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

from groupform.config.chinese import ZONES, words
from groupform.config.punctuation import ascii_form

# Cities are many, and some are alike; a wrong zone would shift every hour of a community.
_ALMOST = 0.8
_DAYS = {"一": "mon", "二": "tue", "三": "wed", "四": "thu", "五": "fri", "六": "sat", "日": "sun", "天": "sun"}
_DIGITS = {each: number for number, each in enumerate("零一二三四五六七八九十")} | {"两": 2}
_UNITS = {
    **dict.fromkeys(("周", "星期", "个星期", "week", "weeks"), "w"),
    **dict.fromkeys(("天", "日", "day", "days"), "d"),
    **dict.fromkeys(("小时", "个小时", "时", "hour", "hours", "hr", "hrs"), "h"),
    **dict.fromkeys(("分钟", "分", "minute", "minutes", "min", "mins"), "m"),
    **dict.fromkeys(("秒", "秒钟", "second", "seconds", "sec", "secs"), "s"),
}
_BETWEEN = re.compile(r"\s*(?:[~～—–－到至]|\bto\b|-)+\s*")
_CLOCK = re.compile(
    r"(?P<part>凌晨|早上|早|上午|中午|下午|傍晚|晚上|晚)?\s*(?P<hour>\d{1,2}|[一二两三四五六七八九十]{1,3})"
    r"(?:\s*[:：.点时](?P<minute>\d{1,2}|半|一刻|三刻)?分?(?::\d\d)?)?\s*(?P<half>[ap]\.?m\.?)?",
    re.IGNORECASE,
)


def meant(code: str, text: str) -> str | None:
    """What a text was probably meant to be in a field that refused it with `code`; None without a guess."""
    guess = _GUESSES.get(code)
    plain = ascii_form(text) or text
    found = guess(plain.strip("\"'")) if guess else None
    if found is None and plain.strip("\"'") != text:
        found = plain.strip("\"'")
    return found if found != text else None


def translated(word: str, known: Iterable[str]) -> str | None:
    """The word of the language that a Chinese one stands for, where it is one of the known."""
    among = set(known)
    return next((each for each in words().get(unicodedata.normalize("NFKC", word).strip(), ()) if each in among), None)


def split_choices(text: str, choices: Iterable[str]) -> str | None:
    """`moderate, announce` of `moderate announce`, where every part is one of the choices."""
    parts, known = re.split(r"[\s;；，、,/|]+", text.strip()), set(choices)
    return ", ".join(parts) if len(parts) > 1 and known.issuperset(parts) else None


def _number(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    if not text or any(each not in _DIGITS for each in text):
        return None
    tens, ten, ones = text.partition("十")
    if not ten:
        return _DIGITS[text] if len(text) == 1 else None
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def _duration(text: str) -> str | None:
    part = r"(\d+|[一二两三四五六七八九十]{1,3})\s*([^\W\d_一二两三四五六七八九十]+)\s*"
    found = re.findall(part, text) if re.fullmatch(rf"(?:{part})+", text) else []
    parts = [(_number(number), _UNITS.get(unit.lower(), unit if unit in "wdhms" else "")) for number, unit in found]
    if not parts or any(number is None or not unit for number, unit in parts):
        return None
    return "".join(f"{number}{unit}" for number, unit in parts)


def _time(text: str) -> str | None:
    found = _CLOCK.fullmatch(text.strip())
    hour = _number(found["hour"]) if found else None
    if found is None or hour is None:
        return None
    minute = {"半": "30", "一刻": "15", "三刻": "45", None: "00"}.get(found["minute"], found["minute"])
    late = (found["part"] or "") in ("下午", "傍晚", "晚上", "晚") or (found["half"] or " ")[0] in "pP"
    if late and hour < 12:
        hour += 12
    return f"{hour:02}:{int(minute):02}" if hour <= 24 else None


def _range(text: str) -> str | None:
    parts = [_time(each) for each in _BETWEEN.split(text) if each]
    return f"{parts[0]}-{parts[1]}" if len(parts) == 2 and all(parts) else None


def _date(text: str) -> str | None:
    found = re.fullmatch(r"(\d{4})\s*[年/.-]\s*(\d{1,2})\s*[月/.-]\s*(\d{1,2})\s*日?", text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else None


def _weekday(text: str) -> str | None:
    days = []
    for each in _BETWEEN.split(text):
        word = each.strip().lower()
        chinese = re.fullmatch(r"(?:周|星期|礼拜)?([一二三四五六日天])", word)
        days.append(_DAYS[chinese[1]] if chinese else word[:3] if word[:3] in _DAYS.values() else "")
    return "-".join(days) if all(days) and len(days) <= 2 else None


def _percent(text: str) -> str | None:
    found = re.fullmatch(r"(?:百分之)?\s*(\d+(?:\.\d+)?|[一二两三四五六七八九十]{1,3})\s*(?:percent|个百分点)?", text)
    if found is None:
        return None
    return f"{found[1]}%" if found[1][0].isdigit() else f"{_number(found[1])}%"


def _yes(text: str) -> str | None:
    word = text.strip().lower()
    if word in ("是", "对", "真", "开", "开启", "启用", "要", "有", "1", "y", "t"):
        return "true"
    return "false" if word in ("否", "不", "不是", "假", "关", "关闭", "停用", "不要", "无", "0", "n", "f") else None


def _zone(text: str) -> str | None:
    found = ZONES.get(text.strip().lower())
    return found or next(iter(get_close_matches(text, _zones(), n=1, cutoff=_ALMOST)), None)


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(each for each in available_timezones() if "/" in each))


def _whole(text: str) -> str | None:
    found = re.fullmatch(r"(\d{1,3}(?:,\d{3})*|\d+)\s*(?:人|个|位|次|名)?", text.strip())
    number = found[1].replace(",", "") if found else None
    return number if number is not None else str(said) if (said := _number(text.strip())) is not None else None


_GUESSES: dict[str, Callable[[str], str | None]] = {
    "not-a-duration": _duration,
    "not-an-amount": _duration,
    "not-a-time": _time,
    "not-a-time-range": _range,
    "not-a-date": _date,
    "not-a-weekday": _weekday,
    "not-a-percentage": _percent,
    "not-yes-or-no": _yes,
    "not-a-time-zone": _zone,
    "not-a-whole-number": _whole,
}
