"""Owns which paths there are: method, area, table of fields, and what answers. What is not here no page names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from groupform.providers.wecom.rehearsal import (
    calendars,
    chats,
    groups,
    knowledge,
    mass,
    media,
    people,
    service,
    statistics,
    tags,
    ways,
    welcome,
    words,
)
from groupform.providers.wecom.rehearsal.corp import Desk, Record
from groupform.providers.wecom.rehearsal.fields import Field, text


@dataclass(frozen=True, slots=True)
class Route:
    """A call. `fields` are those of the body, of the query for a GET."""

    answer: Callable[[Desk, Record], Record]
    fields: Mapping[str, Field]
    area: str = "customers"
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Upload:
    """A call that takes a file: `answer(desk, query, bytes)`."""

    answer: Callable[[Desk, Record, bytes], Record]
    fields: Mapping[str, Field]


_NONE: Mapping[str, Field] = {}
_ROOM, _CONTACT, _BASE = "externalcontact/groupchat/", "externalcontact/", "kf/knowledge/"

ROUTES: Mapping[str, Route] = {
    f"{_ROOM}list": Route(groups.listed, groups.LIST),
    f"{_ROOM}get": Route(groups.get, groups.GET),
    f"{_ROOM}transfer": Route(groups.transfer, groups.TRANSFER),
    f"{_ROOM}onjob_transfer": Route(groups.transfer_on_job, groups.TRANSFER),
    f"{_ROOM}statistic": Route(statistics.statistic, statistics.STATISTIC),
    f"{_CONTACT}opengid_to_chatid": Route(groups.by_open_id, groups.OPEN_ID),
    f"{_ROOM}add_join_way": Route(ways.add_join, ways.ADD_JOIN),
    f"{_ROOM}get_join_way": Route(ways.get_join, ways.CONFIG),
    f"{_ROOM}update_join_way": Route(ways.update_join, ways.UPDATE_JOIN),
    f"{_ROOM}del_join_way": Route(ways.del_join, ways.CONFIG),
    f"{_CONTACT}add_contact_way": Route(ways.add_contact, ways.ADD_CONTACT),
    f"{_CONTACT}get_contact_way": Route(ways.get_contact, ways.CONTACT_CONFIG),
    f"{_CONTACT}list_contact_way": Route(ways.list_contact, ways.LIST_CONTACT),
    f"{_CONTACT}update_contact_way": Route(ways.update_contact, ways.UPDATE_CONTACT),
    f"{_CONTACT}del_contact_way": Route(ways.del_contact, ways.CONTACT_CONFIG),
    f"{_CONTACT}get_corp_tag_list": Route(tags.listed, tags.LIST),
    f"{_CONTACT}add_corp_tag": Route(tags.add, tags.ADD),
    f"{_CONTACT}edit_corp_tag": Route(tags.edit, tags.EDIT),
    f"{_CONTACT}del_corp_tag": Route(tags.delete, tags.DELETE),
    f"{_CONTACT}group_welcome_template/add": Route(welcome.add, welcome.ADD),
    f"{_CONTACT}group_welcome_template/edit": Route(welcome.edit, welcome.EDIT),
    f"{_CONTACT}group_welcome_template/get": Route(welcome.get, welcome.GET),
    f"{_CONTACT}group_welcome_template/del": Route(welcome.delete, welcome.DELETE),
    f"{_CONTACT}get_intercept_rule_list": Route(words.listed, _NONE, method="GET"),
    f"{_CONTACT}add_intercept_rule": Route(words.add, words.ADD),
    f"{_CONTACT}get_intercept_rule": Route(words.get, words.ID),
    f"{_CONTACT}update_intercept_rule": Route(words.update, words.UPDATE),
    f"{_CONTACT}del_intercept_rule": Route(words.delete, words.ID),
    f"{_CONTACT}add_msg_template": Route(mass.add, mass.ADD),
    f"{_CONTACT}get_groupmsg_list_v2": Route(mass.listed, mass.LIST),
    f"{_CONTACT}get_groupmsg_task": Route(mass.tasks, mass.TASKS),
    f"{_CONTACT}get_groupmsg_send_result": Route(mass.results, mass.RESULTS),
    f"{_CONTACT}remind_groupmsg_send": Route(mass.remind, mass.ID),
    f"{_CONTACT}cancel_groupmsg_send": Route(mass.cancel, mass.ID),
    f"{_CONTACT}get_follow_user_list": Route(people.follow_users, _NONE, method="GET"),
    "user/get": Route(people.get, people.GET, "open", "GET"),
    "department/simplelist": Route(people.departments, {"id": text()}, "open", "GET"),
    "get_api_domain_ip": Route(people.api_addresses, _NONE, "open", "GET"),
    "appchat/create": Route(chats.create, chats.CREATE, "chats"),
    "appchat/update": Route(chats.update, chats.UPDATE, "chats"),
    "appchat/get": Route(chats.get, chats.GET, "chats", "GET"),
    "appchat/send": Route(chats.send, chats.SEND, "chats"),
    "kf/account/add": Route(service.add, service.ADD, "service"),
    "kf/account/update": Route(service.update, service.UPDATE, "service"),
    "kf/account/del": Route(service.delete, service.ID, "service"),
    "kf/account/list": Route(service.listed, service.LIST, "service"),
    "kf/add_contact_way": Route(service.link, service.LINK, "service"),
    "kf/servicer/add": Route(service.add_servicers, service.SERVICER, "service"),
    "kf/servicer/del": Route(service.remove_servicers, service.SERVICER, "service"),
    "kf/servicer/list": Route(service.servicers, service.ID, "service", "GET"),
    "kf/customer/get_upgrade_service_config": Route(service.upgrade_config, _NONE, "service", "GET"),
    f"{_BASE}add_group": Route(knowledge.add_group, knowledge.ADD_GROUP, "service"),
    f"{_BASE}mod_group": Route(knowledge.mod_group, knowledge.MOD_GROUP, "service"),
    f"{_BASE}del_group": Route(knowledge.del_group, knowledge.GROUP, "service"),
    f"{_BASE}list_group": Route(knowledge.list_group, knowledge.LIST_GROUP, "service"),
    f"{_BASE}add_intent": Route(knowledge.add_intent, knowledge.ADD_INTENT, "service"),
    f"{_BASE}mod_intent": Route(knowledge.mod_intent, knowledge.MOD_INTENT, "service"),
    f"{_BASE}del_intent": Route(knowledge.del_intent, knowledge.INTENT, "service"),
    f"{_BASE}list_intent": Route(knowledge.list_intent, knowledge.LIST_INTENT, "service"),
    "oa/calendar/add": Route(calendars.add, calendars.ADD, "open"),
    "oa/calendar/update": Route(calendars.update, calendars.UPDATE, "open"),
    "oa/calendar/get": Route(calendars.get, calendars.GET, "open"),
    "oa/calendar/del": Route(calendars.delete, calendars.DELETE, "open"),
    "oa/schedule/add": Route(calendars.add_schedule, calendars.ADD_SCHEDULE, "open"),
    "oa/schedule/update": Route(calendars.update_schedule, calendars.UPDATE_SCHEDULE, "open"),
    "oa/schedule/del": Route(calendars.delete_schedule, calendars.DELETE_SCHEDULE, "open"),
    "oa/schedule/get": Route(calendars.get_schedules, calendars.GET_SCHEDULES, "open"),
    "oa/schedule/get_by_calendar": Route(calendars.by_calendar, calendars.BY_CALENDAR, "open"),
    "oa/schedule/add_attendees": Route(calendars.add_attendees, calendars.ATTENDEES, "open"),
    "oa/schedule/del_attendees": Route(calendars.del_attendees, calendars.ATTENDEES, "open"),
}

ELSEWHERE = frozenset(
    {
        *(f"{_ROOM}statistic_group_by_day", f"{_CONTACT}mark_tag", f"{_CONTACT}close_temp_chat"),
        *(f"{_CONTACT}send_welcome_msg", f"{_CONTACT}get_strategy_tag_list", f"{_CONTACT}customer_strategy/list"),
        *(f"{_CONTACT}customer_acquisition/list_link", f"{_CONTACT}add_product_album", f"{_CONTACT}add_moment_task"),
        *("user/list_id", "user/getuserid", "user/get_userid_by_email", "getcallbackip", "media/get"),
        *("media/upload_by_url", "kf/customer/upgrade_service", "kf/send_msg", "kf/sync_msg", "webhook/upload_media"),
    }
)
"""Documented, and not rehearsed: the tool has no use for them."""

UPLOADS: Mapping[str, Upload] = {
    "media/upload": Upload(media.upload, {"type": text(req=True, missing=40004)}),
    "media/uploadimg": Upload(media.picture, _NONE),
    "media/upload_attachment": Upload(
        media.attachment, {"media_type": text(req=True), "attachment_type": text(req=True)}
    ),
}
