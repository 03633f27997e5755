"""Owns the questions that tell, before any plan, whether this application can do the work."""

from __future__ import annotations

from groupform.engine.provider import Check
from groupform.http import HttpError
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.reading import Look
from groupform.providers.wecom.settings import read_settings


async def checks(look: Look) -> list[Check]:
    """The token, the address, 客户联系, who of the team may own groups, 微信客服, the whole corp in sight.

    Ends at the first answer without which no other one is to be had.
    """
    settings = read_settings(look.context.connection.settings)
    try:
        # The list of the platform's own addresses needs no permission: what is refused here is refused everywhere.
        await look.api.people.api_addresses()
    except HttpError as error:
        return [Check(error.code, False, error.params, fatal=True)]
    found = [Check("wecom-doctor-token", True, {"corp": settings.corp_id, "agent": settings.agent_id})]
    found += await _customer_contact(look)
    found.append(await _service(look))
    if settings.team_chat:
        found.append(await _whole_corp(look))
    found.append(Check("wecom-doctor-rehearsed", True))
    return found


async def _customer_contact(look: Look) -> list[Check]:
    try:
        followers = await look.api.people.with_customer_contact()
    except HttpError as error:
        return [Check(error.code, False, error.params, fatal=True)]
    found = [Check("wecom-doctor-customer-contact", True, {"count": len(followers)})]
    for account in sorted({fold(each) for each in look.context.team} - followers):
        try:
            await look.api.people.get(account)
        except HttpError as error:
            found.append(Check("wecom-doctor-unseen", False, {"account": account, **error.params}))
        else:
            found.append(Check("wecom-doctor-no-customer-contact", False, {"account": account}))
    return found


async def _service(look: Look) -> Check:
    try:
        accounts = await look.api.service.accounts()
    except HttpError as error:
        return Check("wecom-doctor-no-service", False, error.params)
    managed = [each for each in accounts if each.managed]
    return Check("wecom-doctor-service", True, {"count": len(accounts), "managed": len(managed)})


async def _whole_corp(look: Look) -> Check:
    """An internal chat takes an application whose visible range is the root department (D-90245)."""
    try:
        departments = await look.api.people.departments()
    except HttpError as error:
        return Check(error.code, False, error.params)
    return Check("wecom-doctor-root" if 1 in departments else "wecom-doctor-no-root", 1 in departments)
