"""Owns the WeCom server API as groupform uses it: one typed method per documented call, grouped by what it is about.

Routes, fields and limits: shared/platforms/wecom.md, whose tags are repeated at each. Nothing here was ever verified
against the real platform.
"""

from __future__ import annotations

from collections.abc import Callable

from groupform.http import Client
from groupform.providers.wecom.api_calendar import Calendars
from groupform.providers.wecom.api_call import Caller
from groupform.providers.wecom.api_chats import Chats
from groupform.providers.wecom.api_groups import Groups
from groupform.providers.wecom.api_knowledge import Knowledge
from groupform.providers.wecom.api_mass import MassMessages
from groupform.providers.wecom.api_media import Media
from groupform.providers.wecom.api_people import People
from groupform.providers.wecom.api_service import Service
from groupform.providers.wecom.api_tags import Tags
from groupform.providers.wecom.api_ways import ContactWays, JoinWays
from groupform.providers.wecom.api_welcome import WelcomeTemplates
from groupform.providers.wecom.api_words import InterceptRules

BASE_URL = "https://qyapi.weixin.qq.com"


class Api:
    """One application of one corp. Every method raises HttpError, NotFound for what is proven not to be there.

    `now` is seconds since 1970: limits by the day end at midnight in China.
    """

    def __init__(self, client: Client, now: Callable[[], float]) -> None:
        self.client = client
        caller = Caller(client, now)
        self.groups = Groups(caller)
        self.join_ways = JoinWays(caller)
        self.contact_ways = ContactWays(caller)
        self.tags = Tags(caller)
        self.welcome = WelcomeTemplates(caller)
        self.media = Media(caller)
        self.intercept = InterceptRules(caller)
        self.chats = Chats(caller)
        self.mass = MassMessages(caller)
        self.service = Service(caller)
        self.knowledge = Knowledge(caller)
        self.calendars = Calendars(caller)
        self.people = People(caller)
