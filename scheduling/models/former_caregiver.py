from __future__ import annotations

from django.db import models


class FormerCaregiver(models.Model):
    """A caregiver who had this visit at this time and has it no more, or is not shown the time it has now.

    Written by triggers, whoever changes the visit. Calendars that show the visits of certain caregivers say with it
    that the visit is cancelled for them.
    """

    visit = models.ForeignKey("scheduling.Visit", on_delete=models.CASCADE, related_name="former_caregivers")
    member = models.ForeignKey("staff.Member", on_delete=models.CASCADE, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    version = models.PositiveIntegerField(help_text="Of the visit, once it had gone.")
    was_shown = models.BooleanField(default=False, help_text="To the caregiver: published, near, or confirmed by them.")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "member"], name="former_caregiver_once")]
        indexes = [models.Index(fields=["member", "starts_at"], name="former_caregiver_by_member")]

    def __str__(self) -> str:
        return f"{self.visit_id}: {self.member_id}"
