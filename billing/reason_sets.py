"""What scheduling asks about a visit's payer: whose table of reason codes it uses, and whose visits are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, F

from billing.models import Payer
from billing.pricing import of_payer, with_payer
from scheduling.models import Visit


def sets_of_payers(visits: Sequence[Visit]) -> dict[int, str]:
    """Visit's key → set; a visit without payer, or whose payer has no table of its own, is not named."""
    # While no payer has one, which is asked once, the visits are not looked at.
    some = Exists(Payer.objects.exclude(reason_set=""))
    rows = with_payer(Visit.objects.filter(some, pk__in=[visit.pk for visit in visits]))
    named = rows.annotate(reason_set=of_payer(asked=F("payer__reason_set"))).values_list("pk", "reason_set")
    return {pk: name for pk, name in named if name}


def by_payer(visits: Any) -> Any:
    """Groups visits by who pays first on their day (settings.COMPLIANCE_GROUPS)."""
    return with_payer(visits).annotate(group_key=F("payer_pk"), group_name=of_payer(asked=F("payer__name")))
