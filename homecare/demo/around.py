"""What stands around scheduling in the demo: appointments, a waiting list, a calendar address, holiday answers."""

from __future__ import annotations

import datetime as dt

from clients.models import Client
from homecare.accounts.models import Holiday
from homecare.demo.agency import Setting
from scheduling.appointments import days_of
from scheduling.models import Appointment, ServiceType, Waiting
from scheduling.services.appointment import save_appointment, skip_day
from scheduling.services.feed import create_client_feed, create_office_feed
from scheduling.services.holiday import decide_holiday
from scheduling.services.waiting import leave_list, save_waiting

DAY = dt.timedelta(days=1)
APPOINTMENTS = (
    ("doctor", "Dr. Hahn", "22 Elm Street", 3, (), "family"),
    ("dialysis", "Bay Kidney Center", "5 Harbor Road", 1, (0, 2, 4), "transport"),
    ("day_centre", "Sunrise Day Center", "80 Main Street", 2, (1, 3), "transport"),
    ("therapy", "Motion Physical Therapy", "", 4, (), "comes"),
)
WAITING = (
    (1, 34, 8 * 60, (0, 2, 4), dt.time(8), "es", "No Spanish-speaking caregiver is free in the morning.", ""),
    (2, 45, 10 * 60, (0, 1, 2, 3, 4), dt.time(9), "", "Their son found another agency.", Waiting.Status.ELSEWHERE),
    (2, 61, 12 * 60, (), None, "", "Needs more hours than we have in this town.", ""),
    (2, 12, 4 * 60, (5, 6), dt.time(18), "", "Weekend evenings.", ""),
    (3, 20, 6 * 60, (1, 3), dt.time(13), "", "Wants to begin after the move.", ""),
)


def build_around(setting: Setting) -> None:
    by = setting.users["coordinator"]
    clients = list(Client.objects.visible_to(by).active().select_related("branch").order_by("pk")[:12])
    _appointments(setting, clients)
    _waiting(setting, clients)
    if clients:
        create_client_feed(clients[0], label="Daughter", by=by)
    team = setting.branches["BOS"].teams.order_by("name").first()
    if team is not None:
        create_office_feed(team.branch, team=team, label="Wall screen", by=by)
    _answers(setting)


def _appointments(setting: Setting, clients: list[Client]) -> None:
    for client, (kind, provider, place, days, weekdays, escort) in zip(clients, APPOINTMENTS, strict=False):
        values = {
            "kind": kind,
            "provider": provider,
            "place": place,
            "starts_on": setting.today + days * DAY,
            "start_time": dt.time(13),
            "duration_minutes": 90,
            "weekdays": list(weekdays),
            "escort": escort,
        }
        row = save_appointment(Appointment(client=client), values, by=setting.users["coordinator"])
        if row.kind == Appointment.Kind.DAY_CENTRE:
            first = next(days_of(row, row.starts_on, row.starts_on + 14 * DAY))
            skip_day(row, first, by=setting.users["coordinator"])


def _waiting(setting: Setting, clients: list[Client]) -> None:
    service = ServiceType.objects.filter(is_active=True).order_by("pk").first()
    for client, row in zip(clients[4:], WAITING, strict=False):
        priority, days, minutes, weekdays, start, language, reason, left = row
        values = {
            "service_type": service,
            "weekly_minutes": minutes,
            "weekdays": list(weekdays),
            "start_time": start,
            "language": language,
            "since": setting.today - days * DAY,
            "priority": priority,
            "reason": reason,
        }
        entry = save_waiting(Waiting(client=client), values, by=setting.users["coordinator"])
        if left:
            leave_list(entry, left, note=reason, by=setting.users["coordinator"])


def _answers(setting: Setting) -> None:
    """The first visited clients were asked about the next holiday: one wants no visit."""
    by = setting.users["coordinator"]
    coming = Holiday.objects.visible_to(by).filter(on__gt=setting.today).select_related("branch").order_by("on", "pk")
    holiday = coming.first()
    if holiday is None:
        return
    clients = Client.objects.visible_to(by).active().filter(branch=holiday.branch_id).select_related("branch")
    answers = ("keep", "keep", "cancel")
    decide_holiday(holiday, dict(zip(clients.order_by("pk")[:3], answers, strict=False)), by=by)
