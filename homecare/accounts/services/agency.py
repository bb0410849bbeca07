"""The agency's own settings; the trail keeps who changed which of them and when."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from homecare.accounts.models import Agency, User
from homecare.audit.services.event import changes_of, record

FIELDS = (
    "name",
    "legal_name",
    "brand_colour",
    "line1",
    "city",
    "state",
    "postal_code",
    "phone",
    "email",
    "website",
    "npi",
    "ein",
    "rule_severities",
    "rule_numbers",
    "matching_weights",
    "grace_minutes",
    "missed_after_minutes",
    "compliance_target_percent",
    "geofence_metres",
    "travel_speed_kmh",
    "travel_factor",
    "reminder_hour",
    "require_second_factor",
)


@transaction.atomic
def save_settings(values: dict[str, Any], *, by: User) -> Agency:
    """Keeps the given settings (any of FIELDS); they count from the next request on."""
    Agency.current()
    row = Agency.objects.select_for_update().get(pk=1)
    before = {name: getattr(row, name) for name in FIELDS}
    for name in FIELDS:
        if name in values:
            setattr(row, name, values[name])
    row.save()
    changes = changes_of(before, row)
    if changes:
        record("agency.changed", row, by=by, changes=changes)
    return row
