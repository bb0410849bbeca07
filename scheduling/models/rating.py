from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.errors import CONSTRAINT_SENTENCES

LOW = 2


class RatingQuerySet(ScopedQuerySet):
    branch_path = "visit__branch_id"

    def of_person(self, user: Any) -> RatingQuerySet:
        """A family sees what it wrote itself; caregivers see no ratings."""
        return self.filter(by=user)

    def low(self) -> RatingQuerySet:
        return self.filter(score__lte=LOW)


class VisitRating(models.Model):
    """What a client or relative thought of a visit, 1 to 5. For managers and suggestions; never shown to caregivers."""

    visit = models.ForeignKey("scheduling.Visit", on_delete=models.PROTECT, related_name="ratings")
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    comment = models.TextField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RatingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "by"],
                name="rating_once_per_person",
                violation_error_message=_("You have rated this visit already. Thank you."),
            ),
            models.CheckConstraint(condition=models.Q(score__gte=1, score__lte=5), name="rating_from_1_to_5"),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id}: {self.score}"

    def get_absolute_url(self) -> str:
        return reverse("scheduling:rating-list")

    @property
    def is_low(self) -> bool:
        return self.score <= LOW


CONSTRAINT_SENTENCES["rating_once_per_person"] = _("You have rated this visit already. Thank you.")  # type: ignore[assignment]
