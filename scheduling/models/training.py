from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet


class TrainingRequirementQuerySet(ScopedQuerySet):
    branch_path = None


class TrainingRequirement(models.Model):
    """Who comes for this service, or to a client with this condition, must hold this training on the day.

    `condition` is the beginning of a diagnosis code as the chart has it (ICD-10-CM or SNOMED CT, with its dots): F03
    means every unspecified dementia, G30 every Alzheimer's disease. Exactly one of service and condition is given.
    """

    training = models.ForeignKey(
        "staff.CredentialType",
        on_delete=models.PROTECT,
        related_name="training_requirements",
        verbose_name=_("training"),
    )
    service_type = models.ForeignKey(
        "scheduling.ServiceType",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="training_requirements",
        verbose_name=_("service"),
    )
    condition = models.CharField(
        _("condition"), max_length=20, blank=True, help_text=_("A diagnosis code or its beginning, for example F03.")
    )

    objects = TrainingRequirementQuerySet.as_manager()

    class Meta:
        ordering = ["training__name", "service_type__name", "condition"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(service_type=None) ^ models.Q(condition=""),
                name="training_for_service_or_condition",
                violation_error_message=_("Choose either a service or a condition."),
            ),
            models.UniqueConstraint(
                fields=["training", "service_type"],
                name="training_once_per_service",
                violation_error_message=_("This service already asks for this training."),
            ),
            models.UniqueConstraint(
                fields=["training", "condition"],
                condition=~models.Q(condition=""),
                name="training_once_per_condition",
                violation_error_message=_("This condition already asks for this training."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.training}: {self.service_type or self.condition}"
