from __future__ import annotations

from typing import Any

from django.db import models

from homecare.accounts.models import ScopedQuerySet


class PhoneContactQuerySet(ScopedQuerySet):
    branch_path = "member__branch_id"

    def of_person(self, user: Any) -> PhoneContactQuerySet:
        return self.filter(member__user=user)


class PhoneContact(models.Model):
    """When a caregiver's phone last spoke to us: tells a phone without signal from a caregiver who is not there."""

    member = models.OneToOneField("staff.Member", on_delete=models.CASCADE, related_name="phone_contact")
    last_seen_at = models.DateTimeField()

    objects = PhoneContactQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.member_id} {self.last_seen_at:%Y-%m-%d %H:%M}"
