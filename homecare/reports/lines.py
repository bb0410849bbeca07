"""One row of any kind as a line: what it is, what about it, when, and where its page is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Charge, Invoice, Payment, UnchargedVisit
from careplans.models import CarePlan, VitalReading
from clients.models import Client, Referral
from homecare import money
from homecare.templatetags.ui import day, daytime_tag
from scheduling.models import Visit, VisitTask, Waiting
from staff.away import away_words
from staff.models import Member, TimeOff

JOINS: dict[Any, tuple[str, ...]] = {
    Visit: ("client", "caregiver", "service_type", "branch"),
    VisitTask: ("visit__client", "visit__caregiver", "visit__branch"),
    VitalReading: ("client__branch",),
    CarePlan: ("client",),
    Client: ("branch",),
    Member: ("role", "branch"),
    Referral: ("branch",),
    TimeOff: ("member__branch",),
    Invoice: ("client", "payer"),
    Payment: ("payer", "client"),
    Charge: ("client", "payer"),
    Waiting: ("client", "service_type"),
    UnchargedVisit: ("visit__client", "visit__branch", "visit__caregiver", "visit__service_type"),
}


@dataclass(frozen=True)
class Line:
    title: str
    detail: str
    when: str
    url: str
    record: Any = None


def joined(rows: QuerySet) -> QuerySet:
    """The rows with what their lines need."""
    return rows.select_related(*JOINS.get(rows.model, ()))


@singledispatch
def line(row: Any) -> Line:
    return Line(str(row), "", "", row.get_absolute_url() if hasattr(row, "get_absolute_url") else "")


@line.register
def _visit(row: Visit) -> Line:
    who = row.caregiver.full_name if row.caregiver else _("Nobody yet")
    when = daytime_tag(row.starts_at, row.ends_at, zone=row.branch.time_zone)
    return Line(row.client.full_name, f"{row.service_type.name} · {who}", when, row.get_absolute_url(), row)


@line.register
def _waiting(row: Waiting) -> Line:
    return Line(row.client.full_name, f"{row.service_type.name} · {row.when}", day(row.since), row.get_absolute_url())


@line.register
def _task(row: VisitTask) -> Line:
    when = daytime_tag(row.visit.starts_at, zone=row.visit.branch.time_zone)
    detail = " · ".join(part for part in (row.title, row.get_outcome_display(), row.reason) if part)
    return Line(row.visit.client.full_name, detail, when, row.visit.get_absolute_url())


@line.register
def _reading(row: VitalReading) -> Line:
    detail = row.alert_text or f"{row.get_kind_display()} {row.value.normalize():f}"
    url = reverse("careplans:client-health", args=[row.client_id])
    return Line(row.client.full_name, detail, daytime_tag(row.taken_at, zone=row.client.branch.time_zone), url)


@line.register
def _plan(row: CarePlan) -> Line:
    detail = _("Version %(n)s") % {"n": row.version}
    return Line(row.client.full_name, detail, day(row.review_on), row.get_absolute_url(), row)


@line.register
def _client(row: Client) -> Line:
    return Line(row.full_name, f"{row.number} · {row.branch.name}", "", row.get_absolute_url(), row)


@line.register
def _member(row: Member) -> Line:
    return Line(row.full_name, f"{row.role.name} · {row.branch.name}", "", row.get_absolute_url(), row)


@line.register
def _referral(row: Referral) -> Line:
    name = f"{row.first_name} {row.last_name}".strip() or str(row)
    when = daytime_tag(row.received_at, zone=row.branch.time_zone) if row.branch else day(row.received_at)
    return Line(name, _("Referral · %(state)s") % {"state": row.get_status_display()}, when, row.get_absolute_url())


@line.register
def _time_off(row: TimeOff) -> Line:
    when = away_words(row.starts_at, row.ends_at, row.member.branch.time_zone)
    url = reverse("staff:timeoff-list") + "?status=requested"
    return Line(row.member.full_name, str(row.get_reason_display()), when, url)


@line.register
def _invoice(row: Invoice) -> Line:
    detail = f"{row.client.full_name} · {row.payer.name} · {money.display(row.total)}"
    return Line(str(row), detail, day(row.issued_on), row.get_absolute_url(), row)


@line.register
def _payment(row: Payment) -> Line:
    whose = f"{row.payer.name}" + (f" · {row.client.full_name}" if row.client else "")
    return Line(money.display(row.amount), whose, day(row.received_on), row.get_absolute_url())


@line.register
def _charge(row: Charge) -> Line:
    detail = f"{row.payer.name} · {money.display(row.amount)}"
    url = reverse("scheduling:visit-detail", args=[row.visit_id])
    return Line(row.client.full_name, detail, day(row.service_on), url, row)


@line.register
def _uncharged(row: UnchargedVisit) -> Line:
    return _visit(row.visit)
