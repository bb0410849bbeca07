"""How the coming weeks are planned: a branch that publishes its plan, and who has seen it."""

from __future__ import annotations

import datetime as dt

from homecare.clock import monday_of
from homecare.demo.agency import Setting
from scheduling.models import AssignmentRule, Schedule
from scheduling.services.publication import mark_seen, publish_visits
from scheduling.services.rotation import add_shift, add_turner, create_rotation, draft_rotation


def build_planning(setting: Setting) -> None:
    _publish(setting)
    _rotation(setting)


def _publish(setting: Setting) -> None:
    """Springfield shows its plan up to the end of next week; two of three caregivers have seen it."""
    branch, by = setting.branches["SPR"], setting.users["coordinator"]
    made = publish_visits(branch, monday_of(setting.today) + dt.timedelta(days=13), by=by)
    for number, receipt in enumerate(made.receipts.select_related("member__user")):
        if number % 3 and receipt.member.user is not None:
            mark_seen(receipt.member, by=receipt.member.user)


def _rotation(setting: Setting) -> None:
    """Two caregivers with two clients at the same hours would change places every week: drafted, not applied."""
    by, monday = setting.users["coordinator"], monday_of(setting.today) + dt.timedelta(days=7)
    lines = AssignmentRule.objects.filter(schedule__client__branch=setting.branches["BOS"], every_weeks=1)
    lines = lines.filter(schedule__status=Schedule.Status.ACTIVE).select_related("schedule__client", "member")
    met: dict[tuple, AssignmentRule] = {}
    for line in lines.order_by("pk"):
        other = met.setdefault((line.schedule.rule, line.schedule.start_time, line.schedule.service_type_id), line)
        if other.member_id != line.member_id and other.schedule.client_id != line.schedule.client_id:
            rotation = create_rotation(setting.branches["BOS"], name="Early pair", weeks=2, starts_on=monday, by=by)
            for row, one in enumerate((other, line), start=1):
                add_shift(rotation, row=row, schedule=one.schedule, by=by)
                add_turner(rotation, member=one.member, first_row=row, by=by)
            draft_rotation(rotation, by=by)
            return
