"""What a series of visits uses of the authorizations and what it costs (settings.SERIES_FACTS)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from billing.models import Authorization, Coverage, Rate
from billing.units import quantity, quarter_units
from homecare.clock import local_date, minutes_between
from homecare.money import display, line_amount
from scheduling.models import Visit
from scheduling.series_facts import Fact
from scheduling.shared_time import portion


def units_and_cost(client: Any, service_type: Any, before: Sequence[Any], after: Sequence[Any]) -> list[Fact]:
    """Authorized units over the whole period with these visits, and the cost of the visits at the payer's rate."""
    zone_name = client.branch.time_zone
    was, will = _days(before, zone_name), _days(after, zone_name)
    return [*_units(client, service_type, before, was, will), *_cost(client, service_type, was, will)]


def _days(visits: Sequence[Any], zone_name: str) -> list[tuple[dt.date, int]]:
    return [(local_date(row.starts_at, zone_name), _minutes(row)) for row in visits]


def _minutes(row: Any) -> int:
    minutes = minutes_between(row.starts_at, row.ends_at)
    return portion(minutes, getattr(row, "time_weight", 1), getattr(row, "time_total", 1))


def _units(
    client: Any,
    service_type: Any,
    replaced: Sequence[Any],
    was: list[tuple[dt.date, int]],
    will: list[tuple[dt.date, int]],
) -> list[Fact]:
    zone_name = client.branch.time_zone
    others = Visit.objects.filter(client=client, service_type=service_type).live()
    others = others.exclude(pk__in=[row.pk for row in replaced if getattr(row, "pk", None)])
    rest = _days(list(others.only("starts_at", "ends_at", "time_weight", "time_total")), zone_name)
    facts = []
    for row in Authorization.objects.filter(client=client, service_type=service_type).select_related("payer"):
        base = _used(row, rest)
        before, after = base + _used(row, was), base + _used(row, will)
        if not was and not will:
            continue
        facts.append(
            Fact(
                _("Authorization %(number)s, units of %(allowed)s")
                % {"number": row.number, "allowed": row.total_units},
                str(before) if was else "",
                str(after),
                is_over=after > row.total_units,
            )
        )
    return facts


def _used(row: Authorization, days: list[tuple[dt.date, int]]) -> int:
    return sum(quarter_units(minutes, row.payer.rounding) for on, minutes in days if row.starts_on <= on <= row.ends_on)


def _cost(
    client: Any, service_type: Any, was: list[tuple[dt.date, int]], will: list[tuple[dt.date, int]]
) -> list[Fact]:
    """At the rate of the payer covering each day; nothing is said when a rate is missing for a day."""
    days = [on for on, _minutes in (*was, *will)]
    if not days:
        return []
    covers = Coverage.objects.filter(Q(until=None) | Q(until__gte=min(days)), client=client, since__lte=max(days))
    coverages = list(covers.select_related("payer"))
    rates = list(Rate.objects.filter(payer__in=[row.payer_id for row in coverages], service_type=service_type))
    before, after = _amount(was, coverages, rates), _amount(will, coverages, rates)
    if before is None or after is None:
        return []
    label = _("Cost at the payer's rate")
    return [Fact(label, display(before) if was else "", display(after), amounts=(before, after))]


def _amount(days: list[tuple[dt.date, int]], coverages: list[Coverage], rates: list[Rate]) -> Decimal | None:
    total = Decimal(0)
    for on, minutes in days:
        cover = next((row for row in coverages if _holds(row, on)), None)
        rate = next((row for row in rates if cover and row.payer_id == cover.payer_id and _holds(row, on)), None)
        if cover is None or rate is None:
            return None
        total += line_amount(quantity(minutes, rate.unit, cover.payer.rounding), rate.amount_rate)
    return total


def _holds(row: Coverage | Rate, on: dt.date) -> bool:
    return row.since <= on and (row.until is None or row.until >= on)
