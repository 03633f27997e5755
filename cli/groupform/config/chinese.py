"""The Chinese words in which an operator may think of the words of the language: for suggestions only, never read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_SAID = """
标题 名称 名字 群名 群名称: title name
话题 主题 简介 描述 说明: topic text statement
头像 图标: avatar
语言: locale
时区: timezone
命名: naming
定位: positioning
分类 标签 分组: segments
指标: metrics
层级 等级 级别: tiers tier
团队: team
入口 入群 进群 门槛: entry
群 群组 群聊 小组: groups group
规则 群规: rules
加密 端到端加密: encrypted
治理 风控: moderation
服务器: servers server
允许: allow
禁止 屏蔽: deny
封禁 黑名单 封禁名单: bans
公告 群公告: notice announcement announce
欢迎 欢迎语 入群欢迎: welcome
回复 自动回复: replies
旅程 路径: journeys
邀请: invitations invite
日历 日程 活动日历: calendar
发送: sending
健康 健康度: health
合规: compliance
检查: checks
社群 社区: community communities
人员 成员 人: people person
连接: connections connection
部署: deployments deployment
环境: environments
护栏 防护: guards
状态: state
平台: platform
账号 帐号: accounts
负责人 群主 拥有者: owner
角色: roles role
值班: duty
权限: may
类型 种类: kind
默认: default
容量 人数上限 上限: capacity max
保护: protect
曾用名 旧名 原名: previously
门 进入方式 加入方式: door
时间: at when hours
何时: when
发到 发给 目标: to
内容 正文: post text
文件: file
附件 图片: attach picture
卡片: card
选项: options
置顶: pin
提及 提醒所有人: mentions
审批人 审核人: approve
问题: questions ask
关键词: keywords
答案 回答: answer
地点 位置: where
转给 转交: hand_to
公开 开放: open
链接: link
申请 审核 审批 需审核: request
联系 加好友: contact
仅邀请: invite
付费 收费: paid
聊天: chat
论坛: forum
语音: voice
管理: manage moderation
主持: moderate host
发公告: announce
提醒: remind reminder
警告: warn
禁言: mute
移出 踢出 移除: remove
文章: article
短视频: short_video
直播: live
投票: poll
活动: activity
打卡 签到: check_in
每天 每日: daily
每周: weekly
每月: monthly
长期 常设: standing
解散: dissolve
归档: archive
忽略: ignore
报错 错误: error
"""


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """By Chinese word, the words of the language that it may stand for, the likeliest first."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _SAID.strip().splitlines():
        chinese, _, meant = line.partition(":")
        found |= {each: (*found.get(each, ()), *meant.split()) for each in chinese.split()}
    return found


ZONES: Mapping[str, str] = {
    **dict.fromkeys(
        ("北京", "北京时间", "上海", "中国", "beijing", "asia/beijing", "shanghai", "china", "cst", "utc+8", "gmt+8"),
        "Asia/Shanghai",
    ),
    **dict.fromkeys(("+8", "+08:00", "utc+08:00", "utc+8:00", "东八区"), "Asia/Shanghai"),
    **dict.fromkeys(("香港", "hongkong", "hong kong"), "Asia/Hong_Kong"),
    **dict.fromkeys(("台北", "台湾", "taipei"), "Asia/Taipei"),
    **dict.fromkeys(("新加坡", "singapore"), "Asia/Singapore"),
    **dict.fromkeys(("东京", "日本", "tokyo"), "Asia/Tokyo"),
    **dict.fromkeys(("utc", "gmt", "世界时"), "UTC"),
}
