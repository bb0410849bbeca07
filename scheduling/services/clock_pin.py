"""The number a caregiver enters on the telephone."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import Conflict, DomainError
from scheduling.models import ClockPin
from scheduling.models.telephone import pin_digest
from staff.models import Member

LENGTH = 6
TRIES = 20


def _new_pin() -> str:
    """Six digits at random, none of those that everybody tries first."""
    while True:
        pin = f"{secrets.randbelow(10**LENGTH):0{LENGTH}}"
        if len(set(pin)) > 2 and pin not in "01234567890" and pin not in "09876543210":
            return pin


@transaction.atomic
def issue_pin(member: Member, *, by: User) -> tuple[ClockPin, str]:
    """A new number; the one before stops working at once. The number is returned once and never kept."""
    row = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if row.status == Member.Status.LEFT:
        raise DomainError(_("This person has left. Change the status first."))
    is_new = not ClockPin.objects.filter(member=row).exists()
    for _try in range(TRIES):
        pin = _new_pin()
        values = {"digest": pin_digest(pin), "issued_by": by, "issued_at": timezone.now()}
        try:
            with transaction.atomic():
                kept, _made = ClockPin.objects.update_or_create(member=row, defaults=values)
        except IntegrityError:
            continue  # somebody has this number already
        record("clock_pin.issued" if is_new else "clock_pin.reset", kept, by=by)
        return kept, pin
    raise Conflict(_("No free number was found. Try again."))


@transaction.atomic
def revoke_pin(member: Member, *, by: User) -> None:
    """The number stops working at once. Twice is harmless."""
    for row in ClockPin.objects.select_for_update().filter(member=member):
        record("clock_pin.revoked", row, by=by)
        row.delete()


def member_of_pin(pin: str) -> Member | None:
    """Whose number it is, None when nobody's or of somebody who has left."""
    if not pin.isdecimal() or len(pin) > 9:
        return None
    found = ClockPin.objects.filter(digest=pin_digest(pin)).select_related("member__user", "member__branch").first()
    return found.member if found is not None and found.member.status != Member.Status.LEFT else None
