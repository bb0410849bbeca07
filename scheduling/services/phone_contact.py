"""The last contact of each caregiver's phone, kept with at most one write a minute."""

from __future__ import annotations

from django.core.cache import cache
from django.utils import timezone

from scheduling.models import PhoneContact
from staff.models import Member

EVERY_SECONDS = 60


def note_contact(member: Member) -> None:
    """The phone just spoke to us. A cache that was emptied costs one more write, nothing else."""
    if cache.add(f"phone-contact:{member.pk}", 1, EVERY_SECONDS):
        PhoneContact.objects.update_or_create(member=member, defaults={"last_seen_at": timezone.now()})
