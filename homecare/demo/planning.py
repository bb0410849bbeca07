"""How the coming weeks are planned: a branch that publishes its plan, and who has seen it."""

from __future__ import annotations

import datetime as dt

from homecare.clock import monday_of
from homecare.demo.agency import Setting
from scheduling.services.publication import mark_seen, publish_visits


def build_planning(setting: Setting) -> None:
    """Springfield shows its plan up to the end of next week; two of three caregivers have seen it."""
    branch, by = setting.branches["SPR"], setting.users["coordinator"]
    made = publish_visits(branch, monday_of(setting.today) + dt.timedelta(days=13), by=by)
    for number, receipt in enumerate(made.receipts.select_related("member__user")):
        if number % 3 and receipt.member.user is not None:
            mark_seen(receipt.member, by=receipt.member.user)
