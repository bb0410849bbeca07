from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet

MOST_SHARERS = 3


class SharerQuerySet(ScopedQuerySet):
    branch_path = "client__branch_id"


class Sharer(models.Model):
    """A further client of the same home who shares the visits of a pattern, with a service of their own.

    The database makes a following visit for each visit of the pattern (trigger `visit_commitment_insert`).
    """

    schedule = models.ForeignKey("scheduling.Schedule", on_delete=models.CASCADE, related_name="sharers")
    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="shared_schedules")
    service_type = models.ForeignKey("scheduling.ServiceType", on_delete=models.PROTECT, related_name="+")
    time_weight = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("This client's part of the time, beside the weights of the others."),
    )

    objects = SharerQuerySet.as_manager()

    class Meta:
        ordering = ["schedule", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "client"],
                name="sharer_once_per_schedule",
                violation_error_message=_("This client shares the visits already."),
            ),
            models.CheckConstraint(
                condition=models.Q(time_weight__gte=1, time_weight__lte=9), name="sharer_weight_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client} shares {self.schedule_id}"
