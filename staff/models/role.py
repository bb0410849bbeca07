from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet


class TaskCategory(models.TextChoices):
    """Kinds of task. A role's scope of practice, a planned task and a service type all speak these words."""

    PERSONAL_CARE = "personal_care", _("Personal care")
    MOBILITY = "mobility", _("Mobility and transfers")
    MEALS = "meals", _("Meals")
    HOUSEWORK = "housework", _("Light housework")
    COMPANIONSHIP = "companionship", _("Companionship")
    TRANSPORT = "transport", _("Errands and transport")
    VITALS = "vitals", _("Vital signs")
    MEDICATION_REMINDER = "medication_reminder", _("Medication reminder")
    MEDICATION_ASSISTANCE = "medication_assistance", _("Medication assistance")
    POST_SURGICAL = "post_surgical", _("Post-surgical support")
    NURSING_ASSISTANCE = "nursing_assistance", _("Nursing assistance")
    SKILLED_NURSING = "skilled_nursing", _("Skilled nursing")
    WOUND_CARE = "wound_care", _("Wound care")
    PHYSICAL_THERAPY = "physical_therapy", _("Physical therapy")
    OCCUPATIONAL_THERAPY = "occupational_therapy", _("Occupational therapy")
    SOCIAL_WORK = "social_work", _("Social work")
    LIVE_IN = "live_in", _("Live-in care")
    ASSESSMENT = "assessment", _("Assessment and supervision")


class RoleQuerySet(ScopedQuerySet):
    branch_path = None


class Role(models.Model):
    """A caregiving profession with its scope of practice: what it may do and what it must hold."""

    code = models.CharField(max_length=12, unique=True, help_text=_("PSW, HMA, CNA, LPN, RN, PT …"))
    name = models.CharField(max_length=80)
    scope = ArrayField(
        models.CharField(max_length=32, choices=TaskCategory.choices),
        default=list,
        help_text=_("Task categories this role may perform."),
    )
    required_credentials = models.ManyToManyField("staff.CredentialType", blank=True, related_name="required_by_roles")
    supervised_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="supervises"
    )
    next_step = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Next role on the career ladder."),
    )

    objects = RoleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def scope_labels(self) -> list[str]:
        """The scope in words, in the catalogue's order."""
        return [str(category.label) for category in TaskCategory if category.value in self.scope]

    def may_do(self, categories: set[str]) -> bool:
        """Are all these task categories within the scope?"""
        return categories <= set(self.scope)
