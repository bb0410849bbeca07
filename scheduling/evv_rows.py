"""The six elements of many visits, asked in the database; scheduling/evv.py says the same of one visit.

`tests/scheduling/test_evv.py` holds the two to one answer.
"""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import Coalesce

from scheduling.evv import EXPLAINS_PLACE, FIXED_DEVICE, OFFICE, TELEPHONY
from scheduling.models import ClockEvent, ServiceType, VisitException


def placed() -> Q:
    """Visits of which it is known where they took place."""
    by_telephone = Q(method=TELEPHONY)
    says_where = (
        Q(by_telephone, client__isnull=False)
        | Q(method__in=(FIXED_DEVICE, OFFICE))
        | Q(~by_telephone, latitude__isnull=False)
    )
    # Clients who share a visit share its punches.
    punches = ClockEvent.objects.filter(says_where, visit=Coalesce(OuterRef("leader"), OuterRef("pk")))
    explained = VisitException.objects.filter(visit=OuterRef("pk"), kind__in=EXPLAINS_PLACE, resolved_at__isnull=False)
    return ~Q(service_type__mode=ServiceType.Mode.IN_PERSON) | Q(Exists(punches)) | Q(Exists(explained))


def with_place(visits: Any) -> Any:
    """Adds `is_placed`, which `evv.missing_elements` asks for."""
    return visits.annotate(is_placed=ExpressionWrapper(placed(), output_field=BooleanField()))


def evv_complete() -> Q:
    """Visits with all six elements, as `Visit.evv_complete`; service, client and date the database demands."""
    return (
        Q(caregiver__isnull=False)
        & (Q(started_at__isnull=False) | Q(approved_starts_at__isnull=False))
        & (Q(finished_at__isnull=False) | Q(approved_ends_at__isnull=False))
        & placed()
    )
