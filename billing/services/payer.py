"""Payers, their prices, and for whom they pay from when until when."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.models import Authorization, Charge, Coverage, Payer, Rate
from billing.services.evv_hold import hold_incomplete
from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record
from homecare.errors import Conflict, DomainError

DAY = dt.timedelta(days=1)
Row = Payer | Rate | Coverage | Authorization


def _save(row: Row, action: str, *, by: User, before: dict[str, Any] | None = None) -> None:
    """Saves and records; a lost race for a unique field becomes the sentence the form would have shown."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(_broken(row)) from error
    record(action, row, by=by, changes=changes_of(before, row) if before is not None else None)


def _broken(row: Row) -> str:
    """The model's own sentence for the constraint that the row breaks now."""
    try:
        row.validate_constraints()
    except ValidationError as error:
        return error.messages[0]
    return str(_("Somebody changed this at the same moment. Reload the page and try again."))


def _change(row: Any, action: str, fields: dict[str, Any], *, by: User) -> None:
    before = {name: getattr(row, name) for name in fields}
    for name, value in fields.items():
        setattr(row, name, value)
    _save(row, action, by=by, before=before)


@transaction.atomic
def add_payer(*, by: User, **fields: Any) -> Payer:
    payer = Payer(**fields)
    _save(payer, "payer.added", by=by)
    return payer


@transaction.atomic
def update_payer(payer: Payer, *, by: User, **fields: Any) -> Payer:
    """Changes rounding, terms or address from now on: charges and issued invoices keep what they were made with.

    From the moment it asks for complete visit records, open charges of others are held too.
    """
    row = Payer.objects.select_for_update(of=("self",)).get(pk=payer.pk)
    asks_now = fields.get("requires_evv", False) and not row.requires_evv
    _change(row, "payer.changed", fields, by=by)
    if asks_now:
        hold_incomplete(Charge.objects.filter(payer=row), by=by)
    return row


@transaction.atomic
def add_rate(*, by: User, **fields: Any) -> Rate:
    """A price from a day on; the one in force until then ends the day before.

    Raises DomainError when a later price is on file already: prices are added in the order of their days.
    """
    rate = Rate(**fields)
    same = Rate.objects.select_for_update(of=("self",)).filter(payer=rate.payer, service_type=rate.service_type)
    later = same.filter(since__gte=rate.since).order_by("since").first()
    if later is not None:
        text = _("There is a rate from %(day)s already. Choose a later day, so that the new one follows it.")
        raise DomainError(text % {"day": later.since}, field="since")
    for earlier in same.filter(until=None) | same.filter(until__gte=rate.since):
        _change(earlier, "rate.ended", {"until": rate.since - DAY}, by=by)
    _save(rate, "rate.added", by=by)
    return rate


@transaction.atomic
def end_rate(rate: Rate, *, until: dt.date, by: User) -> Rate:
    """The last day of a price; visits after it wait for a new one."""
    row = Rate.objects.select_for_update(of=("self",)).get(pk=rate.pk)
    if until < row.since:
        raise DomainError(_("The rate ends before it begins. Choose its first day or a later one."), field="until")
    _change(row, "rate.ended", {"until": until}, by=by)
    return row


@transaction.atomic
def add_coverage(*, by: User, **fields: Any) -> Coverage:
    """This payer pays for the client from a day on; with equal priority the one that began last pays."""
    coverage = Coverage(**fields)
    _save(coverage, "coverage.added", by=by)
    return coverage


@transaction.atomic
def update_coverage(coverage: Coverage, *, by: User, **fields: Any) -> Coverage:
    """Changes dates, priority or member ID; what was charged keeps its payer."""
    row = Coverage.objects.select_for_update(of=("self",)).get(pk=coverage.pk)
    _change(row, "coverage.changed", fields, by=by)
    return row


@transaction.atomic
def add_authorization(*, by: User, **fields: Any) -> Authorization:
    authorization = Authorization(**fields)
    _save(authorization, "authorization.added", by=by)
    return authorization


@transaction.atomic
def update_authorization(authorization: Authorization, *, by: User, **fields: Any) -> Authorization:
    """The payer extended, cut or corrected it."""
    row = Authorization.objects.select_for_update(of=("self",)).get(pk=authorization.pk)
    _change(row, "authorization.changed", fields, by=by)
    return row
