"""Visits held from billing because their electronic record lacks an element that the payer asks for.

A held visit has no charge: it waits on the unbilled list and is charged by itself as soon as it is complete. What was
charged and turns out incomplete (the payer asks for it from now on) goes back to the list before it can be billed.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from billing.models import Charge, EvvRelease
from billing.pricing import WaitsFor
from billing.services.charge import uncharged
from homecare.accounts.models import User
from homecare.audit.services.event import build, record, record_many
from homecare.errors import Conflict, DomainError, readable
from scheduling.evv_rows import evv_complete
from scheduling.models import Visit


def may_be_billed() -> Q:
    """Charges whose payer does not ask, whose visit has all six elements, or for which a person answers."""
    whole = Visit.objects.filter(evv_complete(), pk=OuterRef("visit"))
    answered = EvvRelease.objects.in_force().filter(visit=OuterRef("visit"))
    return Q(payer__requires_evv=False) | Q(Exists(whole)) | Q(Exists(answered))


def hold_incomplete(charges: QuerySet[Charge] | None = None, *, by: User) -> int:
    """Takes the open charges back whose visits lack an element though the payer asks for it; how many.

    They become void, leave their drafts, and their visits wait on the unbilled list. Visits are locked before charges,
    as everywhere. Harmless when run twice.
    """
    rows = Charge.objects.all() if charges is None else charges
    rows = rows.filter(status=Charge.Status.OPEN).exclude(may_be_billed())
    with transaction.atomic():
        visits = sorted(rows.values_list("visit", flat=True))
        if not visits:
            return 0
        _lock_visits(visits)
        held = list(
            rows.filter(visit__in=visits).order_by("pk").select_for_update(of=("self",)).select_related("client")
        )
        Charge.objects.filter(pk__in=[charge.pk for charge in held]).update(status=Charge.Status.VOID)
        changes = {"status": [Charge.Status.OPEN.value, Charge.Status.VOID.value]}
        record_many([build("charge.held", charge, by=by, changes=changes) for charge in held])
    return len(held)


def _lock_visits(pks: Iterable[int]) -> None:
    """Of visits that clients share the leading one first, as approval does."""
    rows = Visit.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=pks)
    list(rows.order_by(F("leader").asc(nulls_first=True), "pk").values_list("pk"))


@transaction.atomic
def release_visit(visit: Visit, *, reason: str, by: User) -> EvvRelease:
    """A person answers for billing this visit as it is; kept with what was missing, until its approval changes.

    Already released: the present release. DomainError without a reason; Conflict when it is not held (any more).
    """
    reason = reason.strip()
    if not reason:
        raise DomainError(_("Say why this visit may be billed as it is; the reason is kept."), field="reason")
    row = Visit.locked(visit.pk)
    present = EvvRelease.objects.in_force().filter(visit=row).first()
    if present is not None:
        return present
    if not is_held(row):
        raise Conflict(_("This visit is not held any more. Reload the page to see its present state."))
    try:
        with transaction.atomic():
            release = EvvRelease.objects.create(visit=row, missing=row.evv_missing, reason=reason[:200], by=by)
    except IntegrityError as error:
        raise readable(error) from error
    record("visit.released_for_billing", row, by=by, changes={"missing": release.missing}, reason=release.reason)
    return release


def held(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    """Those of these visits that are held and wait for nothing else."""
    return uncharged(visits).filter(waits_for=WaitsFor.INCOMPLETE)


def is_held(visit: Visit) -> bool:
    return held(Visit.objects.filter(pk=visit.pk)).exists()
