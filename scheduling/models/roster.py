from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.status import StatusModel


class RosterQuerySet(ScopedQuerySet):
    pass


class Roster(StatusModel):
    """A draft of who takes which visits of some days, beside the live plan. Nothing changes before it is applied.

    Its lines are proposed by the roster engine (docs/roster.md) or copied from the live plan; people change them.
    """

    class Status(models.TextChoices):
        PLANNING = "planning", _("Being planned")
        FAILED = "failed", _("Not planned")
        DRAFT = "draft", _("Draft")
        APPLIED = "applied", _("Applied")
        DISCARDED = "discarded", _("Discarded")

    class Origin(models.TextChoices):
        ENGINE = "engine", _("Propose a roster")
        COPY = "copy", _("Begin with the plan as it is")
        ROTATION = "turns", _("A rotation")

    # How a person may begin one; a rotation makes its own.
    BEGINNINGS: ClassVar[list[tuple[str, Any]]] = [(row.value, row.label) for row in (Origin.ENGINE, Origin.COPY)]
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.PLANNING: {Status.DRAFT, Status.DISCARDED, Status.FAILED},
        Status.FAILED: {Status.PLANNING, Status.DISCARDED},
        Status.DRAFT: {Status.APPLIED, Status.DISCARDED},
    }

    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="+")
    first_on = models.DateField()
    last_on = models.DateField(help_text=_("Inclusive."))
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.ENGINE)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PLANNING)
    only_open = models.BooleanField(
        default=True, help_text=_("Fills unfilled visits and leaves everybody else where they are.")
    )
    seconds = models.PositiveSmallIntegerField(
        default=60, validators=[MinValueValidator(5), MaxValueValidator(900)], help_text=_("How long it may search.")
    )
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    rotation = models.ForeignKey(
        "scheduling.Rotation",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="rosters",
        help_text=_("Applied, this rotation's lines are written to its patterns."),
    )
    finish_asked_at = models.DateTimeField(null=True, blank=True, help_text=_("Somebody wants the best found so far."))
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    applied_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = RosterQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_on__gte=models.F("first_on")),
                name="roster_ends_after_start",
                violation_error_message=_("The last day is before the first."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.branch} {self.first_on} – {self.last_on}"

    def get_absolute_url(self) -> str:
        return reverse("scheduling:roster-detail", args=[self.pk])


class RosterLineQuerySet(ScopedQuerySet):
    branch_path = "roster__branch_id"

    def changed(self) -> RosterLineQuerySet:
        """Lines that differ from the live plan as it was when they were drafted."""
        same = models.Q(caregiver=models.F("caregiver_before")) | models.Q(caregiver=None, caregiver_before=None)
        return self.exclude(same & models.Q(starts_at=models.F("starts_before")))

    def unfilled(self) -> RosterLineQuerySet:
        return self.filter(caregiver=None)

    def warned(self) -> RosterLineQuerySet:
        return self.exclude(warnings=[])


class RosterLine(models.Model):
    """One visit in a roster: who had it and when, who would have it and when; `version` is the visit as drafted from.

    `warnings` are the rules' sentences against it; `reasons` say why nobody takes it, most frequent first.
    """

    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="lines")
    visit = models.ForeignKey("scheduling.Visit", on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    caregiver_before = models.ForeignKey(
        "staff.Member", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_before = models.DateTimeField()
    caregiver = models.ForeignKey("staff.Member", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    warnings = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    is_by_hand = models.BooleanField(default=False)

    objects = RosterLineQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["roster", "visit"], name="visit_once_per_roster")]

    def __str__(self) -> str:
        return f"{self.roster_id}: {self.visit_id}"

    @property
    def is_changed(self) -> bool:
        return (self.caregiver_id, self.starts_at) != (self.caregiver_before_id, self.starts_before)

    @property
    def ends_at(self) -> dt.datetime:
        length: Any = self.visit.ends_at - self.visit.starts_at
        return self.starts_at + length
