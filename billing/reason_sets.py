"""Whose table of reason codes a visit uses: that of the payer who pays first on its day (settings.REASON_CODE_SETS)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import OuterRef, Subquery

from billing.models import Payer
from billing.pricing import with_payer
from scheduling.models import Visit


def sets_of_payers(visits: Sequence[Visit]) -> dict[int, str]:
    """Visit's key → set; a visit without payer, or whose payer has no table of its own, is not named."""
    rows = with_payer(Visit.objects.filter(pk__in=[visit.pk for visit in visits]))
    own = Payer.objects.filter(pk=OuterRef("payer_pk")).values("reason_set")[:1]
    return {pk: name for pk, name in rows.annotate(reason_set=Subquery(own)).values_list("pk", "reason_set") if name}
