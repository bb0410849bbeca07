"""Appointments of clients with outside providers: entered, changed, called off for a day or altogether."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record
from homecare.clock import today
from homecare.errors import Conflict, DomainError
from scheduling.appointments import AHEAD, days_of
from scheduling.models import Appointment

FIELDS = (
    "kind",
    "provider",
    "place",
    "phone",
    "starts_on",
    "start_time",
    "duration_minutes",
    "weekdays",
    "every_weeks",
    "ends_on",
    "escort",
    "escort_note",
    "visit",
    "note",
)


@transaction.atomic
def save_appointment(appointment: Appointment, values: dict[str, Any], *, by: User) -> Appointment:
    """Enters or changes it. Visits at the same time stay as they are: the rules warn, and the pages show them."""
    is_new = appointment.pk is None
    row = appointment if is_new else Appointment.objects.select_for_update().get(pk=appointment.pk)
    if row.cancelled_at is not None:
        raise Conflict(_("This appointment is called off. Enter a new one."))
    before = {name: getattr(row, name) for name in FIELDS}
    days_before = set() if is_new else _days_ahead(row)
    for name in FIELDS:
        if name in values:
            setattr(row, name, values[name])
    _check(row)
    changes = {} if is_new else changes_of(before, row)
    if is_new:
        row.created_by = by
    elif changes:
        row.dropped = sorted((days_before | set(row.dropped)) - _days_ahead(row))
        _count_up(row)
    row.save()
    if is_new or changes:
        record("appointment.created" if is_new else "appointment.changed", row, by=by, changes=changes)
    return row


def _days_ahead(row: Appointment) -> set[dt.date]:
    """The days ahead that calendars may know already."""
    day = today(row.client.branch.time_zone)
    return set(days_of(row, day, day + AHEAD))


def _count_up(row: Appointment) -> None:
    """Calendars take the higher version for the later one."""
    row.version += 1
    row.changed_at = timezone.now()


def _check(row: Appointment) -> None:
    if row.visit is not None and row.visit.client_id != row.client_id:
        raise DomainError(_("This visit is another client's."), field="visit")
    if row.visit is not None and row.weekdays:
        raise DomainError(_("Only a single appointment can name the visit of its escort."), field="visit")
    if row.weekdays and row.ends_on is not None and row.ends_on < row.starts_on:
        raise DomainError(_("The last day is before the first."), field="ends_on")
    last = row.ends_on or row.starts_on + dt.timedelta(weeks=row.every_weeks + 1)
    if next(days_of(row, row.starts_on, last), None) is None:
        raise DomainError(_("Between these days it never takes place."), field="weekdays")


def new_appointment(client: Client) -> Appointment:
    return Appointment(client=client)


@transaction.atomic
def skip_day(appointment: Appointment, on: dt.date, *, by: User) -> Appointment:
    """It does not take place on this day. Twice is harmless."""
    row = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if on in row.skipped:
        return row
    if on not in set(days_of(row, on, on)):
        raise DomainError(_("It does not take place on this day."))
    row.skipped = sorted([*row.skipped, on])
    _count_up(row)
    row.save(update_fields=["skipped", "version", "changed_at"])
    record("appointment.day_skipped", row, by=by, changes={"on": [str(on), None]})
    return row


@transaction.atomic
def cancel_appointment(appointment: Appointment, *, by: User) -> Appointment:
    """It no longer takes place; it stays in the chart. Twice is harmless."""
    row = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if row.cancelled_at is None:
        row.cancelled_at = timezone.now()
        _count_up(row)
        row.save(update_fields=["cancelled_at", "version", "changed_at"])
        record("appointment.cancelled", row, by=by)
    return row
