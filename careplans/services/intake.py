"""What a referral brings for the health record; steps of accepting it (settings.REFERRAL_STEPS)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from careplans import vitals
from careplans.models import MedicationOrder, VitalReading
from clients.fhir.summary import RXNORM, ReferralSummary
from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.services.event import record


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


@transaction.atomic
def take_over_medications(client: Client, summary: ReferralSummary, *, by: User) -> list[MedicationOrder]:
    """The medicines the sender lists, once each: what the client already has (same code, or same name) stays."""
    known = {(row.code or row.name).casefold() for row in client.medication_orders.current()}
    made = []
    for medication in summary.medications:
        code = medication.code if medication.system == RXNORM and len(medication.code) <= 20 else ""
        name = _cut(medication.name, 200)
        if (code or name).casefold() in known:
            continue
        known.add((code or name).casefold())
        made.append(
            MedicationOrder(
                client=client,
                name=name,
                code=code,
                dosage=_cut(medication.dosage, 200),
                as_needed=medication.as_needed,
                ordered_on=medication.ordered_on,
                ordered_by=_cut(medication.ordered_by, 120),
            )
        )
    MedicationOrder.objects.bulk_create(made)
    if made:
        record("medications.taken_over", client, by=by, changes={"count": [0, len(made)]})
    return made


@transaction.atomic
def take_over_vitals(client: Client, summary: ReferralSummary, *, by: User) -> list[VitalReading]:
    """The latest signs the sender measured, marked with the sender. Old values raise no alert today."""
    source = _cut(summary.sender or _("Referral"), 60)
    had = set(client.vital_readings.values_list("kind", "taken_at"))
    made = []
    for vital in summary.vitals:
        sign, moment = vitals.SIGNS.get(vital.kind), vital.taken_at
        if sign is None or moment is None or moment > timezone.now() or (vital.kind, moment) in had:
            continue
        if sign.is_plausible(vital.number):
            made.append(
                VitalReading(
                    client=client,
                    kind=vital.kind,
                    value=round(vital.number, 2),
                    taken_at=moment,
                    recorded_by=by,
                    source=source,
                )
            )
    VitalReading.objects.bulk_create(made)
    if made:
        record("vitals.taken_over", client, by=by, changes={"count": [0, len(made)]})
    return made
