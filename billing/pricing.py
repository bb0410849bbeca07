"""What each approved visit costs whom: its service day, the payer first on that day, the rate in force, or what lacks.

One query whatever the number of visits. The reasons are those of docs/billing.md, section 3, in that order.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from billing.models.authorization import Authorization
from billing.models.charge import EvvRelease
from billing.models.payer import Coverage, Rate
from billing.units import MINUTES_ADDED, QUARTER_MINUTES
from scheduling.evv_rows import evv_complete
from scheduling.models import Visit


class WaitsFor(models.TextChoices):
    """Why an approved visit has no charge yet."""

    NO_COVERAGE = "no_coverage", _("No coverage")
    NO_RATE = "no_rate", _("No rate")
    NO_AUTHORIZATION = "no_authorization", _("No authorization")
    TOO_SHORT = "too_short", _("Too short for a unit")
    INCOMPLETE = "incomplete", _("Held: record incomplete")
    NOTHING = "", _("Ready to charge")


class LocalDay(models.Func):
    """The calendar day of a moment in a zone: LocalDay("starts_at", "branch__time_zone")."""

    template = "((%(expressions)s)::date)"
    arg_joiner = " AT TIME ZONE "
    output_field = models.DateField()


def quarter_units_sql(minutes: str, rounding: str) -> Case:
    """`units.quarter_units` in SQL, from the same table of added minutes. Arguments are field paths."""
    cases = [
        When(**{rounding: name}, then=(F(minutes) + Value(added)) / Value(QUARTER_MINUTES))
        for name, added in MINUTES_ADDED.items()
    ]
    return Case(*cases, output_field=models.IntegerField())


def _first(rows: models.QuerySet) -> Subquery:
    return Subquery(rows.values("pk")[:1])


def _in_force(day: str) -> Q:
    return Q(until=None) | Q(until__gte=OuterRef(day))


def released() -> models.QuerySet[EvvRelease]:
    """The release of the visit that is asked about."""
    return EvvRelease.objects.in_force().filter(visit=OuterRef("pk"))


def of_payer(**asked: Any) -> Subquery:
    """One thing of the payer first on `service_on`, as asked=F("payer__…"); None when nobody pays."""
    coverage = Coverage.objects.filter(
        _in_force("service_on"), client=OuterRef("client_id"), since__lte=OuterRef("service_on")
    ).order_by("priority", "-since", "-pk")
    return Subquery(coverage.values(**asked)[:1])


def with_payer(visits: models.QuerySet[Visit]) -> models.QuerySet[Any]:
    """Adds `service_on` and `payer_pk`: who pays first for the client on that day, None when nobody does."""
    return visits.annotate(
        service_on=LocalDay(Coalesce("approved_starts_at", "starts_at"), F("branch__time_zone")),
    ).annotate(payer_pk=of_payer(asked=F("payer_id")))


def priced(visits: models.QuerySet[Visit]) -> models.QuerySet[Any]:
    """Adds `service_on`, `payer_pk`, `rate_pk` and `waits_for` (a WaitsFor, empty when the visit can be charged)."""
    rate = Rate.objects.filter(
        _in_force("service_on"),
        payer=OuterRef("payer_pk"),
        service_type=OuterRef("service_type_id"),
        since__lte=OuterRef("service_on"),
    ).order_by("-since", "-pk")
    permitted = Authorization.objects.filter(
        client=OuterRef("client_id"),
        payer=OuterRef("payer_pk"),
        service_type=OuterRef("service_type_id"),
        starts_on__lte=OuterRef("service_on"),
        ends_on__gte=OuterRef("service_on"),
    )
    least = Case(*(When(payer__rounding=name, then=QUARTER_MINUTES - added) for name, added in MINUTES_ADDED.items()))
    return (
        with_payer(visits)
        .annotate(rate_pk=_first(rate))
        .annotate(
            waits_for=Case(
                When(payer_pk=None, then=Value(WaitsFor.NO_COVERAGE.value)),
                When(rate_pk=None, then=Value(WaitsFor.NO_RATE.value)),
                When(
                    Q(of_payer(asked=F("payer__needs_authorization"))) & ~Exists(permitted),
                    then=Value(WaitsFor.NO_AUTHORIZATION.value),
                ),
                When(approved_minutes__lt=of_payer(asked=least), then=Value(WaitsFor.TOO_SHORT.value)),
                When(
                    Q(of_payer(asked=F("payer__requires_evv"))) & ~Q(Exists(released())) & ~evv_complete(),
                    then=Value(WaitsFor.INCOMPLETE.value),
                ),
                default=Value(WaitsFor.NOTHING.value),
                output_field=models.CharField(),
            )
        )
    )
