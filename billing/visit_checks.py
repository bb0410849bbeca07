"""What the payer's side finds amiss in a visit that took place (settings.VISIT_CHECKS)."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from billing.models import Authorization, Payer
from billing.pricing import with_payer
from billing.units import quarter_units
from scheduling.models import Visit
from scheduling.shared_time import portion

WORKED = [Visit.Status.COMPLETED, Visit.Status.APPROVED]


def no_authorization(visit: Visit) -> list[tuple[str, str]]:
    """The payer needs an authorization, and none covers the day, or its units were used up before this visit."""
    if not visit.service_type.is_billable:
        return []
    row = with_payer(Visit.objects.filter(pk=visit.pk)).values("payer_pk", "service_on").first()
    payer = Payer.objects.filter(pk=row["payer_pk"], needs_authorization=True).first() if row else None
    if row is None or payer is None:
        return []
    day = row["service_on"]
    covering = Authorization.objects.filter(
        client=visit.client_id, payer=payer, service_type=visit.service_type_id, starts_on__lte=day, ends_on__gte=day
    )
    found = list(covering)
    with translation.override(settings.LANGUAGE_CODE):
        if not found:
            return [("authorization", _("%(payer)s has authorized nothing for this day.") % {"payer": payer.name})]
        short = [one for one in found if _used(one, payer, visit) > one.total_units]
        if len(short) < len(found):
            return []
        sentence = _("With this visit the %(units)s units of authorization %(number)s are exceeded.")
        return [("authorization", sentence % {"units": short[0].total_units, "number": short[0].number})]


def _used(authorization: Authorization, payer: Payer, visit: Visit) -> int:
    """Units of the visits carried out up to and with this one."""
    rows = with_payer(
        Visit.objects.filter(
            client=visit.client_id,
            service_type=visit.service_type_id,
            status__in=WORKED,
            starts_at__lte=visit.starts_at,
        )
    ).filter(payer_pk=payer.pk, service_on__gte=authorization.starts_on)
    minutes = [_care_minutes(row) for row in rows]
    return sum(quarter_units(one, payer.rounding) for one in minutes)


def _care_minutes(visit: Visit) -> int:
    """The client's part: as approved, else as clocked, else as planned."""
    if visit.approved_minutes is not None:
        return visit.approved_minutes
    minutes = visit.clocked_minutes
    return visit.care_minutes if minutes is None else portion(minutes, visit.time_weight, visit.time_total)
