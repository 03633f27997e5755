"""What people write for a time, a date or a word of the language, and what they probably meant."""

from __future__ import annotations

import pytest

from groupform.config.meaning import meant, split_choices, translated

GUESSED = {
    ("not-a-duration", "7天"): "7d",
    ("not-a-duration", "一个半小时"): None,
    ("not-a-duration", "2 小时 30 分钟"): "2h30m",
    ("not-a-duration", "7 days"): "7d",
    ("not-a-duration", "1.5d"): None,
    ("not-a-duration", "-3d"): None,
    ("not-a-time", "晚上8点"): "20:00",
    ("not-a-time", "晚八点半"): "20:30",
    ("not-a-time", "下午 3:05"): "15:05",
    ("not-a-time", "20点"): "20:00",
    ("not-a-time", "8pm"): "20:00",
    ("not-a-time", "八九点"): None,
    ("not-a-time", "25:61"): "25:61",
    ("not-a-time", "明天"): None,
    ("not-a-time-range", "9点到21点"): "09:00-21:00",
    ("not-a-time-range", "09:00 至 18:30"): "09:00-18:30",
    ("not-a-time-range", "全天"): None,
    ("not-a-date", "2026年12月1日"): "2026-12-01",
    ("not-a-date", "2026/2/3"): "2026-02-03",
    ("not-a-date", "12/1"): None,
    ("not-a-weekday", "星期天"): "sun",
    ("not-a-weekday", "周一至周五"): "mon-fri",
    ("not-a-weekday", "Wednesday"): "wed",
    ("not-a-weekday", "周八"): None,
    ("not-a-percentage", "百分之五"): "5%",
    ("not-a-percentage", "5"): "5%",
    ("not-yes-or-no", "是"): "true",
    ("not-yes-or-no", "关闭"): "false",
    ("not-yes-or-no", "也许"): None,
    ("not-a-time-zone", "北京时间"): "Asia/Shanghai",
    ("not-a-time-zone", "Asia"): None,
    ("not-a-time-zone", "/etc/localtime"): None,
    ("not-a-time-zone", "Asia/Shangai"): "Asia/Shanghai",
    ("not-a-whole-number", "二十三"): "23",
    ("not-a-whole-number", "200人"): "200",
    ("not-a-whole-number", "很多"): None,
}


@pytest.mark.parametrize(("code", "text"), GUESSED)
def test_guesses(code: str, text: str) -> None:
    guess = meant(code, text)
    # A guess that is no better than what was written is tried by the field, and dropped.
    assert guess == GUESSED[code, text] or (guess is None and GUESSED[code, text] == text)


def test_a_chinese_word_is_translated_only_into_what_may_stand_there() -> None:
    assert translated("标题", ["name", "title"]) == "title"
    assert translated("标题", ["name"]) == "name"
    assert translated("标题", ["topic"]) is None
    assert translated("天气", ["title"]) is None


def test_words_without_a_comma_are_choices_only_if_all_of_them_are() -> None:
    assert split_choices("moderate announce", ["manage", "moderate", "announce"]) == "moderate, announce"
    assert split_choices("moderate and announce", ["moderate", "announce"]) is None
    assert split_choices("moderate", ["moderate", "announce"]) is None
