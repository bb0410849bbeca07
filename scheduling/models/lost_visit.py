from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet


class LostVisitQuerySet(ScopedQuerySet):
    branch_path = "visit__branch_id"

    def of_person(self, user: Any) -> LostVisitQuerySet:
        return self.filter(time_off__member__user=user)


class LostVisit(models.Model):
    """A visit whose caregiver suddenly cannot come: opened by an absence, to be covered by somebody else.

    When it was covered is read from the visit's own trail (scheduling/absences.py), whichever way that happened.
    """

    time_off = models.ForeignKey("staff.TimeOff", on_delete=models.PROTECT, related_name="lost_visits")
    visit = models.ForeignKey("scheduling.Visit", on_delete=models.PROTECT, related_name="+")
    lost_at = models.DateTimeField(default=timezone.now)

    objects = LostVisitQuerySet.as_manager()

    class Meta:
        ordering = ["visit__starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["time_off", "visit"],
                name="visit_lost_once_per_absence",
                violation_error_message=_("This visit is already on the list of this absence."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} lost to {self.time_off_id}"
