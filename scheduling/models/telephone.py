"""Clocking by telephone: the numbers caregivers enter, and the calls."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from scheduling.telephony.numbers import masked


def pin_digest(pin: str) -> str:
    """Keyed with the installation's secret, so that a copy of the database does not give the few digits away."""
    return salted_hmac("scheduling.clock_pin", pin, algorithm="sha256").hexdigest()


class ClockPinQuerySet(ScopedQuerySet):
    branch_path = "member__branch_id"

    def of_person(self, user: Any) -> ClockPinQuerySet:
        return self.filter(member__user=user)


class ClockPin(models.Model):
    """The number by which a caregiver is known on the telephone. Shown once; only its keyed digest is kept.

    It is unique over the whole agency, and so in each branch: who helps out elsewhere clocks with the same number."""

    member = models.OneToOneField("staff.Member", on_delete=models.CASCADE, related_name="clock_pin")
    digest = models.CharField(max_length=64)
    issued_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    issued_at = models.DateTimeField(default=timezone.now)

    objects = ClockPinQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="clock_pin_once")]

    def __str__(self) -> str:
        return f"PIN {self.member_id}"


class PhoneCallQuerySet(ScopedQuerySet):
    branch_path = "member__branch_id"

    def of_person(self, user: Any) -> PhoneCallQuerySet:
        return self.filter(member__user=user)


class PhoneCall(models.Model):
    """One telephone call: where its conversation stands, and the last answer, which a repeated request gets again."""

    provider = models.CharField(max_length=20)
    call_id = models.CharField(max_length=64)
    from_number = models.CharField(max_length=20, blank=True)
    from_digits = models.CharField(max_length=10, blank=True, help_text=_("As numbers are compared."))
    member = models.ForeignKey(
        "staff.Member", null=True, blank=True, on_delete=models.PROTECT, related_name="phone_calls", db_index=False
    )
    client = models.ForeignKey(
        "clients.Client", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    visit = models.ForeignKey(
        "scheduling.Visit", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    step = models.PositiveSmallIntegerField(default=0)
    state = models.JSONField(default=dict)
    answer = models.JSONField(default=dict)
    failed_pins = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)

    objects = PhoneCallQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        constraints = [models.UniqueConstraint(fields=["provider", "call_id"], name="phone_call_once")]
        indexes = [
            models.Index(
                fields=["from_digits", "started_at"],
                condition=models.Q(failed_pins__gt=0),
                name="phone_call_wrong_pins",
            )
        ]

    def __str__(self) -> str:
        return f"Call {self.pk}"

    @property
    def masked_number(self) -> str:
        return masked(self.from_number)
