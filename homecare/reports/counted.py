"""What each number of the manager's counts: rows a person may see, within a scope, now or some periods ago."""

from __future__ import annotations

import datetime as dt

from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.models import Charge, Invoice, Payment, UnchargedVisit
from careplans.models import CarePlan, VitalReading
from clients.models import Client
from homecare import clock
from homecare.reports.scope import Scope
from scheduling.models import PhoneEvent, Visit, VisitTask, Waiting
from staff.models import Credential, Member, TimeOff

WORKED = [Visit.Status.IN_PROGRESS, Visit.Status.COMPLETED, Visit.Status.APPROVED]
EXPIRY_DAYS = 30


def alerts(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(VitalReading).alerts()


def alerts_raised(scope: Scope, ago: int) -> QuerySet:
    since, until = scope.span(ago)
    return scope.rows(VitalReading).filter(is_alert=True, taken_at__gte=since, taken_at__lt=until)


def plans_due(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(CarePlan).review_due_by(scope.today)


def without_plan(scope: Scope, ago: int) -> QuerySet:
    plans = CarePlan.objects.active().filter(client=OuterRef("pk"))
    return scope.rows(Client).active().filter(~Exists(plans))


def tasks_not_done(scope: Scope, ago: int) -> QuerySet:
    since, until = scope.span(ago)
    outcomes = [VisitTask.Outcome.REFUSED, VisitTask.Outcome.UNABLE]
    return scope.rows(VisitTask).filter(outcome__in=outcomes, visit__starts_at__gte=since, visit__starts_at__lt=until)


def today(scope: Scope, ago: int) -> QuerySet:
    since, until = clock.day_bounds(scope.today, scope.zone)
    return scope.rows(Visit).live().filter(starts_at__gte=since, starts_at__lt=until)


def unfilled(scope: Scope, ago: int) -> QuerySet:
    week = scope.moment + dt.timedelta(days=7)
    return scope.rows(Visit).open().filter(ends_at__gt=scope.moment, starts_at__lt=week)


def waiting(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Waiting).waiting()


def late(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Visit).late(scope.moment, scope.agency.grace_minutes)


def begun_in(scope: Scope, ago: int) -> QuerySet:
    since, until = scope.span(ago)
    return scope.rows(Visit).filter(starts_at__gte=since, starts_at__lt=until)


def missed(scope: Scope, ago: int) -> QuerySet:
    return begun_in(scope, ago).filter(status=Visit.Status.MISSED)


def started(scope: Scope, ago: int) -> QuerySet:
    return begun_in(scope, ago).filter(status__in=WORKED, started_at__isnull=False)


def started_late(scope: Scope, ago: int) -> QuerySet:
    grace = dt.timedelta(minutes=scope.agency.grace_minutes)
    return started(scope, ago).filter(started_at__gt=F("starts_at") + grace)


def carried_out(scope: Scope, ago: int) -> QuerySet:
    return begun_in(scope, ago).filter(status__in=[Visit.Status.COMPLETED, Visit.Status.APPROVED])


def active_members(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Member).active()


def expiring(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Credential).expiring_within(scope.today, EXPIRY_DAYS)


def time_off(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(TimeOff).filter(status=TimeOff.Status.REQUESTED)


def over_limit(scope: Scope, ago: int) -> QuerySet:
    since, until = clock.week_bounds(clock.monday_of(scope.today), scope.zone)
    this_week = Q(visits__starts_at__gte=since, visits__starts_at__lt=until)
    live = [status for status in Visit.Status.values if status not in (Visit.Status.CANCELLED, Visit.Status.MISSED)]
    length = Sum(F("visits__ends_at") - F("visits__starts_at"), output_field=DurationField())
    # Filtered before it is summed: only this week's visits are read, not the years before.
    over = (
        scope.rows(Member)
        .active()
        .filter(this_week, visits__leader=None, visits__status__in=live)
        .annotate(planned=length)
    )
    # As a set of keys: what counts them adds an aggregate of its own.
    return scope.rows(Member).filter(
        pk__in=over.filter(planned__gt=minutes_of("weekly_minutes_limit")).order_by().values("pk")
    )


def phone_events(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(PhoneEvent).to_review()


def unapproved(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Visit).awaiting_approval(scope.moment)


def uncharged(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(UnchargedVisit)


def unbilled(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Charge).unbilled()


def billed(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Invoice).filter(status=Invoice.Status.ISSUED, issued_on__range=scope.dates(ago))


def received(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Payment).live().filter(received_on__range=scope.dates(ago))


def outstanding(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Invoice).outstanding()


def overdue(scope: Scope, ago: int) -> QuerySet:
    return scope.rows(Invoice).overdue(scope.today)


def minutes_of(field: str) -> ExpressionWrapper:
    """A field of minutes as a duration."""
    return ExpressionWrapper(F(field) * dt.timedelta(minutes=1), output_field=DurationField())


def planned_or_approved_minutes() -> Coalesce:
    """The client's part of a visit's time, as approved, before that as planned; a duration."""
    approved = minutes_of("approved_minutes")
    span = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField())
    planned = ExpressionWrapper(span * F("time_weight") / F("time_total"), output_field=DurationField())
    return Coalesce(approved, planned, output_field=DurationField())
