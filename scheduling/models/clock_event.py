from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from scheduling.models.visit import Visit
from scheduling.telephony.numbers import masked


class ClockEventQuerySet(ScopedQuerySet):
    branch_path = "member__branch_id"

    def of_person(self, user: Any) -> ClockEventQuerySet:
        return self.filter(member__user=user)

    def unmatched(self) -> ClockEventQuerySet:
        """Without a visit, and nobody has said what becomes of it."""
        return self.filter(visit=None, decision=None)


class PunchDecisionQuerySet(ScopedQuerySet):
    branch_path = "clock_event__member__branch_id"


class ClockEvent(models.Model):
    """A punch. Never edited, never deleted (database trigger), never refused: place and accuracy are kept and flagged.

    `at` is when it happened by the device's clock corrected to the server's; `received_at` when it reached us.
    """

    class Kind(models.TextChoices):
        IN = "in", _("Clock in")
        OUT = "out", _("Clock out")

    class Method(models.TextChoices):
        MOBILE = "mobile", _("Phone with position")
        OFFICE = "office", _("By the office")
        TELEPHONY = "telephony", _("Telephone")
        FIXED_DEVICE = "fixed_device", _("Fixed device")

    visit = models.ForeignKey(
        "scheduling.Visit", null=True, blank=True, on_delete=models.PROTECT, related_name="clock_events", db_index=False
    )
    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="clock_events")
    kind = models.CharField(max_length=3, choices=Kind.choices)
    method = models.CharField(max_length=12, choices=Method.choices, default=Method.MOBILE)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    accuracy_metres = models.PositiveIntegerField(null=True, blank=True)
    distance_metres = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("From the client's address, less the accuracy; never below 0.")
    )
    position_problem = models.CharField(
        max_length=60, blank=True, help_text=_("Why there is no position: denied, unavailable, timeout.")
    )
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=200, blank=True, help_text=_("Why somebody else clocked."))
    client = models.ForeignKey(
        "clients.Client",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text=_("At whose home, when the telephone or the device says so."),
    )
    call = models.ForeignKey(
        "scheduling.PhoneCall", null=True, blank=True, on_delete=models.PROTECT, related_name="punches", db_index=False
    )
    device = models.ForeignKey(
        "scheduling.FixedDevice", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    device_step = models.BigIntegerField(
        null=True, blank=True, help_text=_("Which minute's code of the device it was; each counts once.")
    )
    originating_number = models.CharField(max_length=20, blank=True, help_text=_("The telephone that called."))
    is_mock_location = models.BooleanField(default=False, help_text=_("The phone said that its position is made up."))
    clock_offset_seconds = models.IntegerField(
        null=True, blank=True, help_text=_("How far the phone's clock was behind ours.")
    )

    objects = ClockEventQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "device_step"], condition=models.Q(device__isnull=False), name="device_code_once"
            )
        ]
        indexes = [
            models.Index(fields=["visit", "at"], name="clock_event_by_visit"),
            models.Index(fields=["at"], condition=models.Q(visit=None), name="clock_event_unmatched"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    @property
    def masked_number(self) -> str:
        return masked(self.originating_number)


class PunchDecision(models.Model):
    """What a person decided about a punch that had no visit. The punch itself stays as it was."""

    class Kind(models.TextChoices):
        MATCHED = "matched", _("Given to a visit")
        NEW_VISIT = "new_visit", _("A visit was made for it")
        CLOSED = "closed", _("Closed")

    clock_event = models.OneToOneField(ClockEvent, on_delete=models.PROTECT, related_name="decision")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    visit = models.ForeignKey(
        "scheduling.Visit", null=True, blank=True, on_delete=models.PROTECT, related_name="punch_decisions"
    )
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    objects = PunchDecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="closed", visit=None)
                | ~models.Q(kind="closed") & models.Q(visit__isnull=False),
                name="punch_decision_names_its_visit",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.clock_event_id}"

    @property
    def branch_id(self) -> int:
        return self.clock_event.member.branch_id


class PhoneEventQuerySet(ScopedQuerySet):
    branch_path = "member__branch_id"

    def of_person(self, user: Any) -> PhoneEventQuerySet:
        return self.filter(member__user=user)

    def to_review(self) -> PhoneEventQuerySet:
        return self.filter(status=PhoneEvent.Status.TO_REVIEW)


class PhoneEvent(models.Model):
    """One act a phone queued, kept raw with our answer. The same key again gets the same answer and does nothing.

    What cannot be applied (visit moved or cancelled meanwhile) is kept as "to review" and shown to the office."""

    class Status(models.TextChoices):
        APPLIED = "applied", _("Applied")
        TO_REVIEW = "to_review", _("To review")
        REVIEWED = "reviewed", _("Reviewed")

    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="phone_events")
    key = models.UUIDField()
    kind = models.CharField(max_length=20)
    visit_id = models.BigIntegerField(
        null=True, help_text=_("As the phone said it; may name a visit that is not theirs any more.")
    )
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    body = models.JSONField(default=dict)
    body_digest = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status.choices)
    answer = models.JSONField(default=dict)
    reviewed_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_note = models.CharField(max_length=200, blank=True)

    objects = PhoneEventQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="phone_event_once")]
        indexes = [
            models.Index(fields=["-received_at"], condition=models.Q(status="to_review"), name="phone_event_to_review")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def branch_id(self) -> int:
        return self.member.branch_id

    @cached_property
    def visit(self) -> Visit | None:
        """The visit the phone named, when there is one."""
        if self.visit_id is None:
            return None
        return Visit.objects.filter(pk=self.visit_id).select_related("client", "branch", "caregiver").first()
