"""The coordinator's Today: what needs somebody now, as numbers and rows, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from careplans.models import VitalReading
from clients.models import Referral
from homecare import clock
from homecare.navigation import address
from homecare.reports.lines import Line, joined, line
from homecare.reports.scope import Scope, read_all, scalar
from scheduling.models import ClockEvent, PhoneEvent, Visit
from scheduling.phone_contact import contact_sentence
from scheduling.services.reminder import last_contact
from staff.models import TimeOff

SHOWN = 8
ALL_SHOWN = 500
WAITING_SHOWN = 5
UNFILLED_HOURS = 48
SOON_HOURS = 2
WAITING = Q(status__in=[Visit.Status.PLANNED, Visit.Status.CONFIRMED])


@dataclass(frozen=True)
class Part:
    """One matter of the page; `tone` counts while there is anything. `page` is where the work on it is done."""

    key: str
    label: str | Promise
    icon: str
    tone: str
    permission: str
    page: str = ""
    query: str = ""

    @property
    def page_url(self) -> str | None:
        found = address(self.page) if self.page else None
        return f"{found}?{self.query}" if found and self.query else found


@dataclass(frozen=True)
class Shown:
    """A part with its number and first rows."""

    part: Part
    number: int
    lines: list[Line]
    has_rows_here: bool = True

    @property
    def tone(self) -> str:
        return self.part.tone if self.number else "neutral"

    @property
    def url(self) -> str | None:
        """All rows behind the number."""
        return f"{reverse('reports:today')}?part={self.part.key}" if self.has_rows_here else self.part.page_url

    @property
    def is_cut(self) -> bool:
        return len(self.lines) < self.number


VIEW, CHANGE = "scheduling.view_visit", "scheduling.change_visit"
APPROVE = "scheduling.approve_visit"
VISIT_PARTS = (
    Part("late", _("Late"), "clock-exclamation", "danger", VIEW),
    Part("missed", _("Missed today"), "calendar-x", "danger", VIEW),
    Part("unfilled", _("Unfilled, next 48 hours"), "user-question", "warning", CHANGE, "scheduling:visit-unfilled"),
    Part("running", _("Running"), "player-play", "info", VIEW),
    Part("soon", _("Starting within two hours"), "clock", "info", VIEW),
)
ALERTS = Part("alerts", _("Vital alerts"), "heartbeat", "danger", "careplans.view_vitalreading")
RECEIVED = ("clients:referral-list", "status=received")
REQUESTED = ("staff:timeoff-list", "status=requested")
COUNTED = (
    Part("referrals", _("Referrals waiting"), "inbox", "warning", "clients.view_referral", *RECEIVED),
    Part("time-off", _("Time off to decide"), "beach", "warning", "staff.view_timeoff", *REQUESTED),
    Part("phone-events", _("Phone records to review"), "device-mobile", "warning", CHANGE, "scheduling:review-list"),
    Part("punches", _("Punches without a visit"), "clock-question", "warning", CHANGE, "scheduling:punch-list"),
    Part("unapproved", _("Visits to approve"), "checks", "warning", APPROVE, "scheduling:visit-approval"),
)


def visit_questions(scope: Scope) -> dict[str, Q]:
    """Which visits belong to which part; a visit belongs to at most one."""
    moment = scope.moment
    grace = dt.timedelta(minutes=scope.agency.grace_minutes)
    day_start, _end = clock.day_bounds(scope.today, scope.zone)
    staffed = WAITING & Q(caregiver__isnull=False)
    return {
        "running": Q(status=Visit.Status.IN_PROGRESS),
        "late": staffed & Q(starts_at__lt=moment - grace, ends_at__gt=moment - dt.timedelta(days=7)),
        "missed": Q(status=Visit.Status.MISSED, starts_at__gte=day_start),
        "unfilled": WAITING
        & Q(
            caregiver=None,
            ends_at__gt=moment,
            starts_at__lt=moment + dt.timedelta(hours=UNFILLED_HOURS),
        ),
        "soon": staffed & Q(starts_at__gte=moment, starts_at__lt=moment + dt.timedelta(hours=SOON_HOURS)),
    }


def first_of_each(rows: QuerySet, by: Any, order: Any, limit: int) -> QuerySet:
    """The first rows of each group, with the number of all of them as `of_all`."""
    return rows.annotate(
        of_all=Window(Count("pk"), partition_by=[by] if by else None),
        place=Window(RowNumber(), partition_by=[by] if by else None, order_by=[order, F("pk").asc()]),
    ).filter(place__lte=limit)


def today(scope: Scope, only: str = "") -> list[Shown]:
    """Every part this person may see, in the order of urgency; `only` one part, with many more of its rows."""
    may = scope.user.has_perm
    limit = ALL_SHOWN if only else SHOWN
    parts = [part for part in VISIT_PARTS if may(part.permission) and only in ("", part.key)]
    shown = _visits(scope, parts, limit) if parts else []
    if may(ALERTS.permission) and only in ("", ALERTS.key):
        shown.insert(0, _alerts(scope, limit))
    return shown if only else shown + _counted(scope, [part for part in COUNTED if may(part.permission)])


def _visits(scope: Scope, parts: list[Part], limit: int) -> list[Shown]:
    questions = visit_questions(scope)
    wanted = {part.key: questions[part.key] for part in parts}
    which = Case(*[When(q, then=Value(key)) for key, q in wanted.items()], output_field=CharField())
    any_of = Q()
    for question in wanted.values():
        any_of |= question
    # The outer bounds let the branch and time index answer; every part lies inside them.
    week_ago, ahead = scope.moment - dt.timedelta(days=8), scope.moment + dt.timedelta(hours=UNFILLED_HOURS)
    rows = scope.rows(Visit).filter(any_of, starts_at__gte=week_ago, starts_at__lt=ahead).annotate(part=which)
    first = first_of_each(rows, F("part"), F("starts_at").asc(), limit)
    found = list(joined(first).select_related("caregiver__phone_contact").order_by("starts_at", "pk"))
    shown = [_shown(part, [row for row in found if row.part == part.key]) for part in parts]
    return [_with_contact(one, scope) if one.part.key == "late" else one for one in shown]


def _with_contact(shown: Shown, scope: Scope) -> Shown:
    """A late visit says when its caregiver's phone was last heard: without signal is not absent."""
    lines = [
        replace(
            one,
            detail=f"{one.detail} · "
            + contact_sentence(last_contact(one.record.caregiver), scope.moment, one.record.branch.time_zone),
        )
        for one in shown.lines
    ]
    return replace(shown, lines=lines)


def _alerts(scope: Scope, limit: int) -> Shown:
    rows = first_of_each(scope.rows(VitalReading).alerts(), None, F("taken_at").desc(), limit)
    return _shown(ALERTS, list(joined(rows).order_by("-taken_at", "-pk")))


def _shown(part: Part, rows: list[Any]) -> Shown:
    return Shown(part, rows[0].of_all if rows else 0, [line(row) for row in rows])


def _counted(scope: Scope, parts: list[Part]) -> list[Shown]:
    waiting = {
        "referrals": lambda: scope.rows(Referral).open(),
        "time-off": lambda: scope.rows(TimeOff).filter(status=TimeOff.Status.REQUESTED),
        # A clock that was kept is a punch as well, and is counted there.
        "phone-events": lambda: scope.rows(PhoneEvent).to_review().exclude(answer__has_key="clock_event"),
        "punches": lambda: scope.rows(ClockEvent).unmatched(),
        "unapproved": lambda: scope.rows(Visit).awaiting_approval(scope.moment),
    }
    wanted = {part.key.replace("-", "_"): scalar(waiting[part.key]()) for part in parts}
    found = read_all(scope.user, wanted)
    first = {"referrals": "received_at", "time-off": "starts_at"}
    shown = []
    for part in parts:
        order = first.get(part.key)
        rows = joined(waiting[part.key]()).order_by(order, "pk")[:WAITING_SHOWN] if order else []
        lines = [line(row) for row in rows]
        shown.append(Shown(part, found[part.key.replace("-", "_")], lines, has_rows_here=False))
    return shown
