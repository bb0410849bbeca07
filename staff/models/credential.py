from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet


class CredentialTypeQuerySet(ScopedQuerySet):
    branch_path = None


class CredentialType(models.Model):
    """A licence, certificate, check or training the agency keeps track of."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    expires = models.BooleanField(default=True)
    warn_days = models.PositiveSmallIntegerField(default=30)

    objects = CredentialTypeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CredentialQuerySet(ScopedQuerySet):
    branch_path = "member__branch_id"

    def of_person(self, user: Any) -> CredentialQuerySet:
        return self.filter(member__user=user)

    def valid_on(self, day: dt.date) -> CredentialQuerySet:
        """Issued, not expired and not withdrawn on that day."""
        return self.filter(issued_on__lte=day, withdrawn_on=None).exclude(expires_on__lt=day)

    def expired(self, day: dt.date) -> CredentialQuerySet:
        """No longer valid on that day, with no later one in its place."""
        return self.expiring_within(day - dt.timedelta(days=1), 0)

    def expiring_within(self, today: dt.date, days: int) -> CredentialQuerySet:
        """Expired already or within so many days, of people still employed, unless a later one replaces it."""
        newer = Credential.objects.filter(
            member=models.OuterRef("member"), type=models.OuterRef("type"), withdrawn_on=None
        ).filter(models.Q(expires_on=None) | models.Q(expires_on__gt=models.OuterRef("expires_on")))
        return self.filter(
            withdrawn_on=None,
            expires_on__lte=today + dt.timedelta(days=days),
            member__status__in=["active", "on_leave"],
        ).exclude(models.Exists(newer))


class Credential(models.Model):
    """One document of one person. The last valid day is `expires_on` itself; empty means it does not expire."""

    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="credentials")
    type = models.ForeignKey("staff.CredentialType", on_delete=models.PROTECT, related_name="credentials")
    number = models.CharField(max_length=60, blank=True)
    issued_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    verified_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    verified_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        ordering = ["member", "type", "-issued_on"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_on=None) | models.Q(expires_on__gte=models.F("issued_on")),
                name="credential_expires_after_issue",
                violation_error_message=_("The expiry date is before the issue date."),
            )
        ]
        indexes = [models.Index(fields=["member", "type", "expires_on"], name="credential_by_member")]

    def __str__(self) -> str:
        return f"{self.type} – {self.member}"
