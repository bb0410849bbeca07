"""Recording vital signs: judged against the client's limits at once, alerts told to who may act on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from careplans import news2, vitals
from careplans.models import VitalReading, VitalThreshold
from careplans.models.vital import VitalKind
from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import DomainError
from homecare.inbox.audience import people_with
from homecare.inbox.services.notification import notify

CLOCK_SKEW = dt.timedelta(minutes=10)
"""A phone's clock may be a little ahead of ours."""

HEART_FAILURE = ("88805009", "42343007", "84114007", "I50", "I11.0")


def check_value(kind: str, value: Decimal) -> None:
    """Refuses what no living adult has, with the unit: nearly always a slip of the finger or pounds for kilograms."""
    sign = vitals.SIGNS.get(kind)
    if sign is None:
        raise DomainError(_("There is no vital sign “%(kind)s”.") % {"kind": kind}, field="kind")
    if not sign.is_plausible(value):
        raise DomainError(
            _("%(label)s is measured in %(unit)s, from %(least)s to %(most)s. Check the number.")
            % {
                "label": VitalKind(kind).label,
                "unit": sign.unit or _("points"),
                "least": f"{sign.least:f}",
                "most": f"{sign.most:f}",
            },
            field=kind,
        )


def _check_moment(taken_at: dt.datetime) -> None:
    if taken_at > timezone.now() + CLOCK_SKEW:
        raise DomainError(_("The time lies in the future. Enter when it was measured."), field="taken_at")


def _has_heart_failure(client: Client) -> bool:
    codes = client.diagnoses.filter(resolved_on=None).values_list("code", flat=True)
    return any(code and code.startswith(HEART_FAILURE) for code in codes)


def _gain_sentence(client: Client, value: Decimal, taken_at: dt.datetime) -> str:
    earlier = client.vital_readings.filter(
        kind=VitalKind.WEIGHT, taken_at__lt=taken_at, taken_at__gte=taken_at - dt.timedelta(days=8)
    ).values_list("taken_at", "value")
    gain = vitals.weight_gain(value, taken_at, list(earlier)) if _has_heart_failure(client) else None
    if gain is None:
        return ""
    return ngettext(
        "Weight rose by %(kg)s kg within %(n)s day", "Weight rose by %(kg)s kg within %(n)s days", gain.days
    ) % {"kg": f"{gain.kg:.1f}", "n": gain.days}


def alert_sentence(client: Client, kind: str, value: Decimal, taken_at: dt.datetime) -> str:
    """Why this value needs a look, "" when it does not: the client's own limits first, the default elsewhere."""
    sign, label = vitals.SIGNS[kind], VitalKind(kind).label
    own = VitalThreshold.objects.filter(client=client, kind=kind).first()
    breach = vitals.judge(kind, value, vitals.Limits(own.low, own.high) if own else None)
    if breach is None:
        return _gain_sentence(client, value, taken_at) if kind == VitalKind.WEIGHT else ""
    words = {
        "below": _("%(label)s %(value)s is below %(limit)s"),
        "above": _("%(label)s %(value)s is above %(limit)s"),
        "from": _("%(label)s %(value)s is at or above %(limit)s"),
    }[breach.side]
    return words % {"label": label, "value": sign.shown(value), "limit": sign.shown(breach.limit)}


def _tell(reading: VitalReading) -> None:
    client = reading.client
    for person in people_with("careplans.change_vitalreading", client.branch):
        notify(
            person,
            "vital.alert",
            dedupe_key=f"vital:{reading.pk}",
            title=_("A vital sign needs your look"),
            body=f"{client.full_name}: {reading.alert_text}",
            url=reverse("careplans:client-health", args=[client.pk]),
            urgent=True,
        )


def _keep(
    client: Client, kind: str, value: Decimal, *, taken_at: dt.datetime, by: User, source: str, alert: str
) -> VitalReading:
    row = VitalReading.objects.create(
        client=client,
        kind=kind,
        value=value,
        taken_at=taken_at,
        recorded_by=by,
        source=source,
        is_alert=bool(alert),
        alert_text=alert[:200],
    )
    record("vital.recorded", row, by=by, changes={"kind": [None, kind], "alert": [None, bool(alert)]})
    if alert:
        _tell(row)
    return row


@transaction.atomic
def record_reading(
    client: Client, kind: str, value: Decimal, *, taken_at: dt.datetime, by: User, source: str = ""
) -> VitalReading:
    """Keeps one value in the unit of its sign (careplans/vitals.py) and tells the supervisors when it is an alert."""
    value = Decimal(value)
    check_value(kind, value)
    _check_moment(taken_at)
    alert = alert_sentence(client, kind, value, taken_at)
    return _keep(client, kind, value, taken_at=taken_at, by=by, source=source, alert=alert)


def score_sentence(score: news2.News2) -> str:
    """What the early warning score asks for, "" when nothing (RCP 2017, thresholds and triggers)."""
    words = {
        "high": _("Early warning score %(total)s: emergency. Call the emergency number now, then the nurse."),
        "medium": _("Early warning score %(total)s: urgent. Call the nurse at once."),
        "low_medium": _("Early warning score %(total)s with one sign far out: ask the nurse soon."),
        "low": "",
    }[score.risk]
    return words % {"total": score.total}


def news2_of(values: Mapping[str, Decimal], *, on_oxygen: bool, alert: bool, target_88: bool) -> news2.News2 | None:
    """The score when all five measured signs are there, None otherwise."""
    if any(kind not in values for kind in news2.SIGNS):
        return None
    measured = {kind: Decimal(values[kind]) for kind in news2.SIGNS}
    return news2.news2(news2.Observation(**measured, on_oxygen=on_oxygen, alert=alert, target_88=target_88))


@transaction.atomic
def record_set(
    client: Client,
    values: Mapping[str, Decimal],
    *,
    taken_at: dt.datetime,
    by: User,
    on_oxygen: bool = False,
    alert: bool = True,
    target_88: bool = False,
) -> list[VitalReading]:
    """What was measured at one moment. A full set of five also gives its early warning score (NEWS2)."""
    if not values:
        raise DomainError(_("Enter at least one value."))
    rows = [record_reading(client, kind, value, taken_at=taken_at, by=by) for kind, value in values.items()]
    score = news2_of(values, on_oxygen=on_oxygen, alert=alert, target_88=target_88)
    if score is not None:
        rows.append(
            _keep(
                client,
                VitalKind.NEWS2,
                Decimal(score.total),
                taken_at=taken_at,
                by=by,
                source="",
                alert=score_sentence(score),
            )
        )
    return rows


@transaction.atomic
def acknowledge_alert(reading: VitalReading, *, comment: str, by: User) -> VitalReading:
    """Somebody has seen the alert and says what they did; a second time changes nothing."""
    row = VitalReading.objects.select_for_update(of=("self",)).select_related("client").get(pk=reading.pk)
    if not row.is_alert:
        raise DomainError(_("This reading is within its range; there is nothing to acknowledge."))
    if row.acknowledged_at:
        return row
    if not comment.strip():
        raise DomainError(_("Write what you did about it, so that everybody knows."), field="comment")
    row.acknowledged_by, row.acknowledged_at, row.acknowledge_comment = by, timezone.now(), comment.strip()
    row.save(update_fields=["acknowledged_by", "acknowledged_at", "acknowledge_comment"])
    record("vital.acknowledged", row, by=by, reason=row.acknowledge_comment)
    return row
