"""The manager's numbers: four questions, each with its numbers, how they moved, and the rows behind them.

A number is defined once, by the rows it counts; the page that lists them asks the same definition.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Charge, Invoice, Payment, UnchargedVisit
from careplans.models import CarePlan, VitalReading
from clients.models import Client
from homecare import clock
from homecare.reports.scope import Scope, scalar
from scheduling.models import PhoneEvent, Visit, VisitTask
from staff.models import Credential, Member, TimeOff

MONEY = DecimalField(max_digits=14, decimal_places=2)
WORKED = [Visit.Status.IN_PROGRESS, Visit.Status.COMPLETED, Visit.Status.APPROVED]
EXPIRY_DAYS = 30
Rows = Callable[[Scope, int], QuerySet]


@dataclass(frozen=True)
class Figure:
    """One number. `rows(scope, periods_ago)` are what it counts; `amount` is summed instead, when given.

    `of` makes it the share, in per cent, of the rows of `of` that are not among `rows`. `page` is the list that shows
    exactly these rows, with its query; without one they are listed on a page of the dashboard's own.
    """

    key: str
    label: str | Promise
    icon: str
    permission: str
    rows: Rows
    amount: str = ""
    of: Rows | None = None
    has_trend: bool = False
    more_is: str = "worse"
    is_grave: bool = False
    page: tuple[str, str] | None = None
    hint: str | Promise = ""


@dataclass(frozen=True)
class Question:
    key: str
    label: str | Promise
    icon: str
    figures: tuple[Figure, ...]


def _alerts(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(VitalReading).alerts()


def _alerts_raised(scope: Scope, ago: int) -> QuerySet:
    since, until = scope.span(ago)
    return scope.rows(VitalReading).filter(is_alert=True, taken_at__gte=since, taken_at__lt=until)


def _plans_due(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(CarePlan).review_due_by(scope.today)


def _without_plan(scope: Scope, ago: int) -> QuerySet:
    plans = CarePlan.objects.active().filter(client=OuterRef("pk"))
    return scope.rows(Client).active().filter(~Exists(plans))


def _tasks_not_done(scope: Scope, ago: int) -> QuerySet:
    since, until = scope.span(ago)
    outcomes = [VisitTask.Outcome.REFUSED, VisitTask.Outcome.UNABLE]
    return scope.rows(VisitTask).filter(outcome__in=outcomes, visit__starts_at__gte=since, visit__starts_at__lt=until)


def _today(scope: Scope, ago: int) -> QuerySet:
    since, until = clock.day_bounds(scope.today, scope.zone)
    return scope.rows(Visit).live().filter(starts_at__gte=since, starts_at__lt=until)


def _unfilled(scope: Scope, ago: int) -> QuerySet:
    week = scope.moment + dt.timedelta(days=7)
    return scope.rows(Visit).open().filter(ends_at__gt=scope.moment, starts_at__lt=week)


def _late(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Visit).late(scope.moment, scope.agency.grace_minutes)


def _begun_in(scope: Scope, ago: int) -> QuerySet:
    since, until = scope.span(ago)
    return scope.rows(Visit).filter(starts_at__gte=since, starts_at__lt=until)


def _missed(scope: Scope, ago: int) -> QuerySet:
    return _begun_in(scope, ago).filter(status=Visit.Status.MISSED)


def _started(scope: Scope, ago: int) -> QuerySet:
    return _begun_in(scope, ago).filter(status__in=WORKED, started_at__isnull=False)


def _started_late(scope: Scope, ago: int) -> QuerySet:
    grace = dt.timedelta(minutes=scope.agency.grace_minutes)
    return _started(scope, ago).filter(started_at__gt=F("starts_at") + grace)


def _carried_out(scope: Scope, ago: int) -> QuerySet:
    return _begun_in(scope, ago).filter(status__in=[Visit.Status.COMPLETED, Visit.Status.APPROVED])


def _active_members(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Member).active()


def _expiring(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Credential).expiring_within(scope.today, EXPIRY_DAYS)


def _time_off(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(TimeOff).filter(status=TimeOff.Status.REQUESTED)


def _over_limit(scope: Scope, ago: int) -> QuerySet:
    since, until = clock.week_bounds(clock.monday_of(scope.today), scope.zone)
    this_week = Q(visits__starts_at__gte=since, visits__starts_at__lt=until)
    this_week &= ~Q(visits__status__in=[Visit.Status.CANCELLED, Visit.Status.MISSED])
    length = Sum(F("visits__ends_at") - F("visits__starts_at"), filter=this_week, output_field=DurationField())
    over = scope.rows(Member).active().annotate(planned=length)
    # As a set of keys: what counts them adds an aggregate of its own.
    return scope.rows(Member).filter(
        pk__in=over.filter(planned__gt=minutes_of("weekly_minutes_limit")).order_by().values("pk")
    )


def _phone_events(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(PhoneEvent).to_review()


def _unapproved(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Visit).awaiting_approval(scope.moment)


def _uncharged(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(UnchargedVisit)


def _unbilled(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Charge).unbilled()


def _billed(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Invoice).filter(status=Invoice.Status.ISSUED, issued_on__range=scope.dates(ago))


def _received(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Payment).live().filter(received_on__range=scope.dates(ago))


def _outstanding(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Invoice).outstanding()


def _overdue(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Invoice).overdue(scope.today)


def minutes_of(field: str) -> ExpressionWrapper:
    """A field of minutes as a duration."""
    return ExpressionWrapper(F(field) * dt.timedelta(minutes=1), output_field=DurationField())


def planned_or_approved_minutes() -> Coalesce:
    """The approved time of a visit, before its approval the planned one; a duration."""
    approved = minutes_of("approved_minutes")
    return Coalesce(approved, F("ends_at") - F("starts_at"), output_field=DurationField())


VISITS, PLANS, MONEY_IN = "scheduling.view_visit", "careplans.view_careplan", "billing.view_invoice"
QUESTIONS = (
    Question(
        "safe",
        _("Are clients safe?"),
        "shield-heart",
        (
            Figure(
                "alerts", _("Open vital alerts"), "heartbeat", "careplans.view_vitalreading", _alerts, is_grave=True
            ),
            Figure(
                "alerts-raised",
                _("Alerts raised"),
                "activity",
                "careplans.view_vitalreading",
                _alerts_raised,
                has_trend=True,
            ),
            Figure("plans-due", _("Plans due for review"), "clipboard-list", PLANS, _plans_due),
            Figure(
                "without-plan", _("Active clients without a plan"), "clipboard-off", PLANS, _without_plan, is_grave=True
            ),
            Figure("tasks-not-done", _("Tasks not done"), "square-x", VISITS, _tasks_not_done, has_trend=True),
        ),
    ),
    Question(
        "covered",
        _("Are visits covered?"),
        "calendar-check",
        (
            Figure(
                "today",
                _("Visits today"),
                "calendar",
                VISITS,
                _today,
                more_is="neutral",
            ),
            Figure(
                "unfilled",
                _("Unfilled, next 7 days"),
                "user-question",
                "scheduling.change_visit",
                _unfilled,
                page=("scheduling:visit-unfilled", "days=7"),
            ),
            Figure(
                "late",
                _("Late now"),
                "clock-exclamation",
                VISITS,
                _late,
                is_grave=True,
                page=("scheduling:visit-list", "show=late"),
            ),
            Figure("missed", _("Missed"), "calendar-x", VISITS, _missed, has_trend=True),
            Figure(
                "on-time",
                _("Started on time"),
                "clock-check",
                VISITS,
                _started_late,
                of=_started,
                has_trend=True,
                more_is="better",
                hint=_("opens the visits that began late"),
            ),
            Figure(
                "hours",
                _("Care given"),
                "hourglass",
                VISITS,
                _carried_out,
                amount="hours",
                has_trend=True,
                more_is="better",
            ),
        ),
    ),
    Question(
        "people",
        _("Are people all right?"),
        "users",
        (
            Figure(
                "members",
                _("Active staff"),
                "id-badge-2",
                "staff.view_member",
                _active_members,
                more_is="neutral",
                page=("staff:member-list", "status=active"),
            ),
            Figure(
                "expiring",
                _("Credentials running out, 30 days"),
                "certificate",
                "staff.view_credential",
                _expiring,
                page=("staff:credential-list", f"window={EXPIRY_DAYS}"),
            ),
            Figure(
                "time-off",
                _("Time off to decide"),
                "beach",
                "staff.view_timeoff",
                _time_off,
                page=("staff:timeoff-list", "status=requested"),
            ),
            Figure("over-limit", _("Over their weekly limit"), "clock-up", "staff.view_member", _over_limit),
            Figure(
                "phone-events",
                _("Phone records to review"),
                "device-mobile-question",
                "scheduling.change_visit",
                _phone_events,
                page=("scheduling:review-list", ""),
            ),
        ),
    ),
    Question(
        "paid",
        _("Are we paid?"),
        "cash",
        (
            Figure(
                "unapproved",
                _("Visits to approve"),
                "checks",
                "scheduling.approve_visit",
                _unapproved,
                page=("scheduling:visit-approval", ""),
            ),
            Figure("uncharged", _("Approved, not charged"), "receipt-off", "billing.view_charge", _uncharged),
            Figure(
                "unbilled",
                _("Ready to invoice"),
                "file-dollar",
                "billing.view_charge",
                _unbilled,
                amount="amount",
                more_is="neutral",
            ),
            Figure(
                "billed",
                _("Invoiced"),
                "file-invoice",
                MONEY_IN,
                _billed,
                amount="total",
                has_trend=True,
                more_is="better",
            ),
            Figure(
                "received",
                _("Received"),
                "cash",
                "billing.view_payment",
                _received,
                amount="amount",
                has_trend=True,
                more_is="better",
            ),
            Figure(
                "outstanding",
                _("Outstanding"),
                "coins",
                MONEY_IN,
                _outstanding,
                amount="balance",
                more_is="neutral",
                page=("billing:invoice-list", "state=open"),
            ),
            Figure(
                "overdue",
                _("Overdue"),
                "alert-circle",
                MONEY_IN,
                _overdue,
                is_grave=True,
                amount="balance",
                page=("billing:invoice-list", "state=overdue"),
            ),
        ),
    ),
)
FIGURES = {figure.key: figure for question in QUESTIONS for figure in question.figures}


def expressions(figure: Figure, scope: Scope, ago: int) -> dict[str, Any]:
    """The sub-selects of one number, by name."""
    name, rows = f"{figure.key.replace('-', '_')}_{ago}", figure.rows(scope, ago)
    if figure.amount == "hours":
        return {name: scalar(rows, "SUM", planned_or_approved_minutes(), DurationField())}
    if figure.amount:
        return {name: scalar(rows, "SUM", figure.amount, MONEY)}
    found = {name: scalar(rows)}
    if figure.of is not None:
        found[f"{name}_of"] = scalar(figure.of(scope, ago))
    return found


def value_of(figure: Figure, found: dict[str, Any], ago: int) -> Any:
    """The number as it is shown: a count, an amount, hours, or per cent; None where there is nothing to divide."""
    name = f"{figure.key.replace('-', '_')}_{ago}"
    raw = found[name]
    if figure.amount == "hours":
        return round((raw or dt.timedelta()).total_seconds() / 3600)
    if figure.amount:
        return raw or Decimal("0.00")
    if figure.of is None:
        return raw
    whole = found[f"{name}_of"]
    return round(100 * (whole - raw) / whole) if whole else None
