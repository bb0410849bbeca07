from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.errors import CONSTRAINT_SENTENCES
from homecare.status import StatusModel
from scheduling.models.visit_record import VisitChildQuerySet


class VisitCorrectionQuerySet(VisitChildQuerySet):
    def of_person(self, user: Any) -> VisitCorrectionQuerySet:
        """A caregiver sees their own; families see none."""
        return self.filter(member__user=user)

    def pending(self) -> VisitCorrectionQuerySet:
        return self.filter(status=VisitCorrection.Status.PENDING)


class VisitCorrection(StatusModel):
    """The caregiver says that the punches are wrong: other times, why, and the client's signature. The office decides.

    Accepted, the times become the approved ones; the punches stay as they were punched (DESIGN.md, invariant 3)."""

    class Status(models.TextChoices):
        PENDING = "pending", _("With the office")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.PENDING: {Status.ACCEPTED, Status.DECLINED},
        Status.ACCEPTED: set(),
        Status.DECLINED: set(),
    }

    visit = models.ForeignKey("scheduling.Visit", on_delete=models.PROTECT, related_name="corrections")
    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField(null=True, blank=True, help_text=_("Empty: as it was clocked."))
    ends_at = models.DateTimeField(null=True, blank=True, help_text=_("Empty: as it was clocked."))
    reason = models.CharField(max_length=200)
    signed_name = models.CharField(max_length=120, blank=True, help_text=_("Who confirms the times, as they said it."))
    strokes = models.JSONField(default=list, blank=True, help_text=_("The drawn signature: lines of points."))
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True, help_text=_("What the caregiver reads."))

    objects = VisitCorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit"], condition=models.Q(status="pending"), name="visit_correction_one_pending"
            ),
            models.CheckConstraint(
                condition=models.Q(starts_at__isnull=False) | models.Q(ends_at__isnull=False),
                name="visit_correction_says_something",
            ),
            models.CheckConstraint(
                condition=~models.Q(signed_name="") | ~models.Q(strokes=[]), name="visit_correction_signed"
            ),
        ]

    def __str__(self) -> str:
        return f"Correction {self.pk}"

    @property
    def signature_path(self) -> str:
        """The drawn signature as the path of an SVG."""
        lines = (" L".join(f"{x} {y}" for x, y in line) for line in self.strokes if line)
        return " ".join(f"M{line}" for line in lines)

    @property
    def signature_box(self) -> str:
        points = [point for line in self.strokes for point in line]
        width = max((x for x, _y in points), default=0)
        height = max((y for _x, y in points), default=0)
        return f"0 0 {width + 8} {height + 8}"


CONSTRAINT_SENTENCES["visit_correction_one_pending"] = "A correction of this visit already waits for the office."
