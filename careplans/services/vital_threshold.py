"""The ranges a client's physician set; they decide when a vital sign becomes an alert."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from careplans import vitals
from careplans.models import VitalThreshold
from careplans.services.vital_reading import check_value
from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import DomainError

Span = tuple[Decimal | None, Decimal | None]


def _check(kind: str, low: Decimal | None, high: Decimal | None) -> None:
    for side, value in (("low", low), ("high", high)):
        if value is not None:
            try:
                check_value(kind, value)
            except DomainError as error:
                error.field = f"{kind}_{side}"
                raise
    limits = vitals.limits_of(kind, vitals.Limits(low, high))
    if limits.low is not None and limits.high is not None and limits.low >= limits.high:
        raise DomainError(
            _("The lower limit %(low)s is not below the upper limit %(high)s.")
            % {"low": vitals.SIGNS[kind].shown(limits.low), "high": vitals.SIGNS[kind].shown(limits.high)},
            field=f"{kind}_high" if high is not None else f"{kind}_low",
        )


@transaction.atomic
def set_thresholds(client: Client, spans: Mapping[str, Span], *, by: User) -> list[VitalThreshold]:
    """Sets the client's own limits, each sign's (low, high) in its unit; None on a side keeps the usual limit there.

    Both None removes the client's own range. Readings already taken keep the judgement of their day.
    """
    Client.objects.select_for_update(of=("self",)).get(pk=client.pk)
    before = {row.kind: row for row in VitalThreshold.objects.filter(client=client)}
    changes: dict[str, Any] = {}
    for kind, (low, high) in spans.items():
        _check(kind, low, high)
        row = before.get(kind)
        old: Span = (row.low, row.high) if row else (None, None)
        if old == (low, high):
            continue
        changes[kind] = [_words(old), _words((low, high))]
        if low is None and high is None:
            VitalThreshold.objects.filter(client=client, kind=kind).delete()
        else:
            VitalThreshold.objects.update_or_create(client=client, kind=kind, defaults={"low": low, "high": high})
    if changes:
        record("client.thresholds_changed", client, by=by, changes=changes)
    return list(VitalThreshold.objects.filter(client=client).order_by("kind"))


def _words(span: Span) -> str | None:
    low, high = ("" if value is None else f"{value.normalize():f}" for value in span)
    return f"{low}–{high}" if low or high else None
