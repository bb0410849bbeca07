from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChildQuerySet
from homecare.accounts.models import ScopedQuerySet
from homecare.status import StatusModel
from staff.models import TaskCategory
from staff.models.availability import Weekday


class PlanTemplateQuerySet(ScopedQuerySet):
    branch_path = None


class PlanTemplate(models.Model):
    """A ready-made plan for a condition: goals and tasks to start from.

    content: {"weight", "summary", "goals": [{"text", "measure"}], "tasks": [{"category", "title", "instructions",
    "weekdays"}]}; empty weekdays mean every visit. Of several templates that fit, the heavier one is proposed: it
    shapes the day more. conditions: SNOMED CT or ICD-10 codes (by their beginning: I50 covers I50.9).
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    conditions = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    content = models.JSONField()

    objects = PlanTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CarePlanQuerySet(ClientChildQuerySet):
    def active(self) -> CarePlanQuerySet:
        return self.filter(status=CarePlan.Status.ACTIVE)

    def review_due_by(self, day: dt.date) -> CarePlanQuerySet:
        return self.active().filter(review_on__lte=day)


class CarePlan(StatusModel):
    """One version of a plan. In force it never changes (database trigger): a change makes the next version."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        ACTIVE = "active", _("Active")
        SUPERSEDED = "superseded", _("Superseded")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.DRAFT: {Status.IN_REVIEW},
        Status.IN_REVIEW: {Status.DRAFT, Status.ACTIVE},
        Status.ACTIVE: {Status.SUPERSEDED},
    }

    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="care_plans")
    version = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    template = models.ForeignKey(PlanTemplate, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    summary = models.TextField(blank=True, help_text=_("The plan in a few plain sentences."))
    starts_on = models.DateField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    review_comment = models.TextField(
        blank=True, help_text=_("What the reviewer asked to change when the draft went back.")
    )
    written_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    activated_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CarePlanQuerySet.as_manager()

    class Meta:
        ordering = ["client", "-version"]
        permissions = [("activate_careplan", "Puts a care plan in force")]
        constraints = [
            models.UniqueConstraint(fields=["client", "version"], name="care_plan_version_once"),
            models.UniqueConstraint(
                fields=["client"],
                condition=models.Q(status="active"),
                name="care_plan_one_active",
                violation_error_message=_("Another version of this plan is already active."),
            ),
            models.UniqueConstraint(
                fields=["client"],
                condition=models.Q(status__in=["draft", "in_review"]),
                name="care_plan_one_draft",
                violation_error_message=_("A new version of this plan is already being written."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client} v{self.version}"

    @property
    def is_editable(self) -> bool:
        return self.status == self.Status.DRAFT

    def get_absolute_url(self) -> str:
        return reverse("careplans:careplan-detail", args=[self.pk])


class PlanChildQuerySet(ScopedQuerySet):
    branch_path = "plan__client__branch_id"


class Goal(models.Model):
    """What the client wants to reach, in their words, and how progress is measured."""

    plan = models.ForeignKey(CarePlan, on_delete=models.CASCADE, related_name="goals")
    text = models.CharField(max_length=200)
    measure = models.CharField(max_length=200, blank=True)
    target_on = models.DateField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = PlanChildQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text


class PlannedTask(models.Model):
    """Something caregivers do: in every visit, or in visits on given weekdays."""

    plan = models.ForeignKey(CarePlan, on_delete=models.CASCADE, related_name="tasks")
    category = models.CharField(max_length=32, choices=TaskCategory.choices)
    title = models.CharField(max_length=120)
    instructions = models.CharField(max_length=400, blank=True)
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text=_("0 Monday … 6 Sunday; empty means every visit."),
    )
    position = models.PositiveSmallIntegerField(default=0)

    objects = PlanChildQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def days_label(self) -> str:
        """Every visit, or Mon, Wed, Fri."""
        if not self.weekdays:
            return str(_("Every visit"))
        return ", ".join(str(Weekday(day).label)[:3] for day in sorted(self.weekdays))

    def is_due_on(self, day: dt.date) -> bool:
        return not self.weekdays or day.weekday() in self.weekdays
