"""Wages: what an hour of a person or role costs from a day on. Never changed backwards: a new one follows the old."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.models import PayRate
from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import DomainError, readable
from scheduling.models import ServiceType
from staff.models import Member, Role

DAY = dt.timedelta(days=1)


def add_pay_rate(
    *,
    member: Member | None = None,
    role: Role | None = None,
    service_type: ServiceType | None = None,
    hourly_rate: Decimal,
    since: dt.date,
    by: User,
) -> PayRate:
    """A wage from a day on; the one in force until then ends the day before.

    Raises DomainError when a later one is on file already, or unless it is of one person or one role.
    """
    if (member is None) == (role is None):
        raise DomainError(_("Choose one caregiver or one role."), field="member")
    if hourly_rate < 0:
        raise DomainError(_("A wage is not negative."), field="hourly_rate")
    try:
        with transaction.atomic():
            # Two who enter a wage of one person queue here; the exclusion constraint alone can deadlock.
            (Member.objects if member else Role.objects).select_for_update(of=("self",), no_key=True).get(
                pk=(member or role).pk  # type: ignore[union-attr]
            )
            same = PayRate.objects.select_for_update(of=("self",)).filter(
                member=member, role=role, service_type=service_type
            )
            if same.filter(since__gte=since).exists():
                raise DomainError(_("There is a rate from that day or later. Choose a later day."), field="since")
            for earlier in same.filter(until=None) | same.filter(until__gte=since):
                _end(earlier, since - DAY, by=by)
            row = PayRate.objects.create(
                member=member, role=role, service_type=service_type, hourly_rate=hourly_rate, since=since
            )
            record("pay_rate.added", row, by=by, changes={"hourly_rate": [None, hourly_rate]})
    except IntegrityError as error:
        raise readable(error) from error
    return row


@transaction.atomic
def end_pay_rate(rate: PayRate, *, until: dt.date, by: User) -> PayRate:
    """The last day of a wage."""
    row = PayRate.objects.select_for_update().get(pk=rate.pk)
    if until < row.since:
        raise DomainError(_("The rate ends before it begins. Choose its first day or a later one."), field="until")
    if row.until is not None and until > row.until:
        raise DomainError(_("It has ended already. Add a new rate instead."), field="until")
    _end(row, until, by=by)
    return row


def _end(row: PayRate, until: dt.date, *, by: User) -> None:
    before, row.until = row.until, until
    row.save(update_fields=["until"])
    record("pay_rate.ended", row, by=by, changes={"until": [before, until]})
