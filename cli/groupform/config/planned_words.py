"""Reads days, times and pins as people write them in a content plan."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_PINS = {**dict.fromkeys(("是", "长期", "√", "✓"), "yes"), **dict.fromkeys(("否", "不", "-", "no", "false"), "")}
_DAYS = re.compile(r"(\d+)\s*(天|日|小时|周)")
_UNITS = {"天": "d", "日": "d", "小时": "h", "周": "w"}


def day_of(text: str, year: int | None = None) -> str:
    """`2026/12/5`, `２０２６年12月5日（周六）` and `2026-12-05 00:00:00` as the language writes it; others as they are.

    `12月5日` is of `year`, where that is known. One whose weekday is another one stays as it is, and is refused.
    """
    plain = unicodedata.normalize("NFKC", text)
    found = re.fullmatch(
        r"(?:(\d{4})\s*[-/.年])?\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?"
        r"(?:[ T]0?0:00(?::00)?|\s*\(?(?:周|星期|礼拜)([一二三四五六日天])\)?)?",
        plain,
    )
    if found is None or (found[1] is None and year is None):
        return text
    try:
        day = date(int(found[1] or year or 0), int(found[2]), int(found[3]))
    except ValueError:
        return text
    meant = "一二三四五六日".index(found[4].replace("天", "日")) if found[4] else day.weekday()
    return day.isoformat() if day.weekday() == meant else text


def clock_of(text: str) -> str:
    """`20：00`, `20:00:00`, `20点30分`, `下午3点半`, `晚上8:00` and a spreadsheet's 0.8125
    as the language writes it; others as they are."""
    plain = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"0\.\d+", plain):  # a part of a day, in a cell that was never told to show a time
        minutes = round(float(plain) * 24 * 60)
        return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
    found = re.fullmatch(
        r"(早上|上午|下午|傍晚|晚上)?\s*(\d{1,2})\s*(?::(\d{2})(?::00)?|[点时](?:(\d{1,2})分?|(半)|整)?)", plain
    )
    if found is None:
        return text
    hour = int(found[2])
    if found[1] in ("下午", "傍晚", "晚上"):
        if hour == 12:  # midnight for some, noon for others
            return text
        hour += 12 if hour < 12 else 0
    elif found[1] and hour > 12:
        return text
    return f"{hour:02}:{30 if found[5] else int(found[3] or found[4] or 0):02}"


def pin_of(text: str) -> str:
    """`是` and `3天` as the language writes it, "" for what says no; others as they are."""
    found = _DAYS.fullmatch(text)
    return f"{found[1]}{_UNITS[found[2]]}" if found else _PINS.get(text, text)
