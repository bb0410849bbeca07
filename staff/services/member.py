"""Hiring, changing and leaving. Only these write staff members."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from homecare import clock
from homecare.accounts.models import Branch, User
from homecare.audit.services.event import changes_of, record
from homecare.errors import Conflict, DomainError
from staff.models import Commitment, Member, Role

EDITABLE = (
    "branch",
    "role",
    "employee_number",
    "first_name",
    "last_name",
    "preferred_name",
    "gender",
    "phone",
    "email",
    "hired_on",
    "line1",
    "city",
    "state",
    "postal_code",
    "latitude",
    "longitude",
    "languages",
    "transport",
    "weekly_minutes_wanted",
    "weekly_minutes_limit",
    "daily_minutes_limit",
    "daily_visits_limit",
    "weekly_minutes_guaranteed",
    "weekly_visits_guaranteed",
    "avoids_pets",
    "avoids_smoke",
    "smokes",
)


def _next_employee_number() -> str:
    """E00042 after E00041; two people hiring at once wait for each other until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('staff.employee_number'))")
    last = Member.objects.filter(employee_number__regex=r"^E\d{5}$").order_by("-employee_number").first()
    number = int(re.sub(r"\D", "", last.employee_number)) + 1 if last else 1
    return f"E{number:05}"


def _check(fields: dict[str, Any]) -> None:
    wanted, limit = fields.get("weekly_minutes_wanted"), fields.get("weekly_minutes_limit")
    if wanted is not None and limit is not None and wanted > limit:
        raise DomainError(
            _("More hours are wanted than the weekly limit allows. Raise the limit or lower the wish."),
            field="weekly_minutes_wanted",
        )
    number = fields.get("employee_number")
    if number and Member.objects.filter(employee_number=number).exclude(pk=fields.get("pk") or 0).exists():
        raise DomainError(
            _("Employee number %(number)s is already taken. Leave it empty to get the next free one.")
            % {"number": number},
            field="employee_number",
        )


@transaction.atomic
def hire_member(
    *, branch: Branch, role: Role, first_name: str, last_name: str, hired_on: dt.date, by: User, **fields: Any
) -> Member:
    """A person joins the staff of a branch; without `employee_number` they get the next free one."""
    _check(fields)
    fields["employee_number"] = fields.get("employee_number") or _next_employee_number()
    member = Member.objects.create(
        branch=branch, role=role, first_name=first_name, last_name=last_name, hired_on=hired_on, **fields
    )
    record("member.hired", member, by=by, changes={"role": [None, role.code], "hired_on": [None, hired_on]})
    return member


@transaction.atomic
def update_member(member: Member, *, by: User, **fields: Any) -> Member:
    """Changes the employee record; an unchanged form leaves no trace."""
    row = Member.locked(member.pk)
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"update_member cannot set {sorted(unknown)}")
    _check(
        {"weekly_minutes_wanted": row.weekly_minutes_wanted, "weekly_minutes_limit": row.weekly_minutes_limit}
        | fields
        | {"pk": row.pk}
    )
    before = {name: getattr(row, name) for name in fields}
    for name, value in fields.items():
        setattr(row, name, value)
    changes = changes_of(before, row)
    if changes:
        row.save(update_fields=list(changes))
        record("member.updated", row, by=by, changes=changes)
    return row


def _refuse_when_booked(member: Member, last_day: dt.date) -> None:
    _start, after = clock.day_bounds(last_day, member.branch.time_zone)
    booked = Commitment.objects.filter(member=member, during__endswith__gt=after).exclude(visit_id=None).count()
    if booked:
        raise Conflict(
            ngettext(
                "%(name)s still has %(n)s visit after that day. Give it to somebody else first.",
                "%(name)s still has %(n)s visits after that day. Give them to somebody else first.",
                booked,
            )
            % {"name": member.full_name, "n": booked}
        )


@transaction.atomic
def change_status(member: Member, status: str, *, by: User, on: dt.date | None = None, reason: str = "") -> Member:
    """On leave, back, left, hired again. Leaving needs every later visit to be in other hands."""
    row = Member.locked(member.pk)
    day = on or clock.today(row.branch.time_zone)
    before = {"status": row.status, "left_on": row.left_on, "hired_on": row.hired_on}
    came_back = row.status == Member.Status.LEFT
    row.move_to(status)
    if status == Member.Status.LEFT:
        if day < row.hired_on:
            raise DomainError(_("The leaving date is before the hiring date."), field="on")
        _refuse_when_booked(row, day)
        row.left_on = day
    elif came_back:
        row.left_on, row.hired_on = None, day
    row.save(update_fields=["status", "left_on", "hired_on"])
    record(f"member.{status}", row, by=by, changes=changes_of(before, row), reason=reason)
    return row
