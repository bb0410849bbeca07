"""The manager's numbers: four questions, each with its numbers, how they moved, and the rows behind them.

A number is defined once, by the rows it counts; the page that lists them asks the same definition.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, DurationField, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from homecare.reports import counted
from homecare.reports.scope import Scope, scalar

MONEY = DecimalField(max_digits=14, decimal_places=2)
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


VISITS, PLANS, MONEY_IN = "scheduling.view_visit", "careplans.view_careplan", "billing.view_invoice"
QUESTIONS = (
    Question(
        "safe",
        _("Are clients safe?"),
        "shield-heart",
        (
            Figure(
                "alerts",
                _("Open vital alerts"),
                "heartbeat",
                "careplans.view_vitalreading",
                counted.alerts,
                is_grave=True,
            ),
            Figure(
                "alerts-raised",
                _("Alerts raised"),
                "activity",
                "careplans.view_vitalreading",
                counted.alerts_raised,
                has_trend=True,
            ),
            Figure("plans-due", _("Plans due for review"), "clipboard-list", PLANS, counted.plans_due),
            Figure(
                "without-plan",
                _("Active clients without a plan"),
                "clipboard-off",
                PLANS,
                counted.without_plan,
                is_grave=True,
            ),
            Figure("tasks-not-done", _("Tasks not done"), "square-x", VISITS, counted.tasks_not_done, has_trend=True),
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
                counted.today,
                more_is="neutral",
            ),
            Figure(
                "unfilled",
                _("Unfilled, next 7 days"),
                "user-question",
                "scheduling.change_visit",
                counted.unfilled,
                page=("scheduling:visit-unfilled", "days=7"),
            ),
            Figure(
                "late",
                _("Late now"),
                "clock-exclamation",
                VISITS,
                counted.late,
                is_grave=True,
                page=("scheduling:visit-list", "show=late"),
            ),
            Figure(
                "waiting",
                _("On the waiting list"),
                "hourglass",
                "scheduling.view_waiting",
                counted.waiting,
                page=("scheduling:waiting-list", "status=waiting"),
            ),
            Figure("missed", _("Missed"), "calendar-x", VISITS, counted.missed, has_trend=True),
            Figure(
                "on-time",
                _("Started on time"),
                "clock-check",
                VISITS,
                counted.started_late,
                of=counted.started,
                has_trend=True,
                more_is="better",
                hint=_("opens the visits that began late"),
            ),
            Figure(
                "hours",
                _("Care given"),
                "hourglass",
                VISITS,
                counted.carried_out,
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
                counted.active_members,
                more_is="neutral",
                page=("staff:member-list", "status=active"),
            ),
            Figure(
                "expiring",
                _("Credentials running out, 30 days"),
                "certificate",
                "staff.view_credential",
                counted.expiring,
                page=("staff:credential-list", f"window={counted.EXPIRY_DAYS}"),
            ),
            Figure(
                "time-off",
                _("Time off to decide"),
                "beach",
                "staff.view_timeoff",
                counted.time_off,
                page=("staff:timeoff-list", "status=requested"),
            ),
            Figure("over-limit", _("Over their weekly limit"), "clock-up", "staff.view_member", counted.over_limit),
            Figure(
                "phone-events",
                _("Phone records to review"),
                "device-mobile-question",
                "scheduling.change_visit",
                counted.phone_events,
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
                counted.unapproved,
                page=("scheduling:visit-approval", ""),
            ),
            Figure("uncharged", _("Approved, not charged"), "receipt-off", "billing.view_charge", counted.uncharged),
            Figure(
                "unbilled",
                _("Ready to invoice"),
                "file-dollar",
                "billing.view_charge",
                counted.unbilled,
                amount="amount",
                more_is="neutral",
            ),
            Figure(
                "billed",
                _("Invoiced"),
                "file-invoice",
                MONEY_IN,
                counted.billed,
                amount="total",
                has_trend=True,
                more_is="better",
            ),
            Figure(
                "received",
                _("Received"),
                "cash",
                "billing.view_payment",
                counted.received,
                amount="amount",
                has_trend=True,
                more_is="better",
            ),
            Figure(
                "outstanding",
                _("Outstanding"),
                "coins",
                MONEY_IN,
                counted.outstanding,
                amount="balance",
                more_is="neutral",
                page=("billing:invoice-list", "state=open"),
            ),
            Figure(
                "overdue",
                _("Overdue"),
                "alert-circle",
                MONEY_IN,
                counted.overdue,
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
        return {name: scalar(rows, "SUM", counted.planned_or_approved_minutes(), DurationField())}
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
