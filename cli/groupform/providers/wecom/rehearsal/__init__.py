"""A corp of WeCom in this process: it keeps state and behaves as shared/platforms/wecom.md says the platform does."""

from groupform.providers.wecom.rehearsal.limits import LIMITS, Limit
from groupform.providers.wecom.rehearsal.person import Person
from groupform.providers.wecom.rehearsal.refusals import Refused
from groupform.providers.wecom.rehearsal.server import Rehearsal, Seen
from groupform.providers.wecom.rehearsal.unconfirmed import Unconfirmed

__all__ = ["LIMITS", "Limit", "Person", "Refused", "Rehearsal", "Seen", "Unconfirmed"]
