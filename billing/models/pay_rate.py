from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.errors import CONSTRAINT_SENTENCES

OVERLAP = "There is a pay rate for these days already. End it first, or choose a later day."
DAYS = models.Func(
    models.F("since"), models.F("until"), models.Value("[]"), function="daterange", output_field=DateRangeField()
)
SERVICE = Coalesce("service_type_id", models.Value(0))


class PayRateQuerySet(ScopedQuerySet):
    def in_branches_of(self, user: Any) -> Self:
        """Rates of a role are everybody's; those of a person belong to their branch."""
        if user.all_branches:
            return self.all()
        return self.filter(models.Q(member=None) | models.Q(member__branch__in=user.branch_ids))


class PayRate(models.Model):
    """What an hour of a caregiver costs the agency, from a day until a day: of one person or of a whole role.

    A person's own rate comes before their role's, one for the service before one for every service. Wages are seen only
    by people with `billing.view_payrate`.
    """

    member = models.ForeignKey(
        "staff.Member", null=True, blank=True, on_delete=models.PROTECT, related_name="pay_rates"
    )
    role = models.ForeignKey("staff.Role", null=True, blank=True, on_delete=models.PROTECT, related_name="pay_rates")
    service_type = models.ForeignKey(
        "scheduling.ServiceType",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Empty: every service."),
    )
    hourly_rate = models.DecimalField(max_digits=10, decimal_places=4, validators=[MinValueValidator(0)])
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = PayRateQuerySet.as_manager()

    class Meta:
        ordering = ["role__name", "member__last_name", "service_type", "-since"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(member=None, role__isnull=False) | models.Q(member__isnull=False, role=None),
                name="pay_rate_of_person_or_role",
                violation_error_message=_("A pay rate belongs to one person or to one role."),
            ),
            models.CheckConstraint(condition=models.Q(hourly_rate__gte=0), name="pay_rate_not_negative"),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="pay_rate_ends_after_start",
                violation_error_message=_("The rate ends before it begins."),
            ),
            *[
                ExclusionConstraint(
                    name=f"pay_rate_of_{whose}_no_overlap",
                    expressions=[(whose, "="), (SERVICE, "="), (DAYS, "&&")],
                    condition=models.Q(**{f"{whose}__isnull": False}),
                    violation_error_message=_(OVERLAP),
                )
                for whose in ("member", "role")
            ],
        ]

    def __str__(self) -> str:
        return f"{self.member or self.role} {self.since}"

    def get_absolute_url(self) -> str:
        return reverse("billing:payrate-list")


for _whose in ("member", "role"):
    CONSTRAINT_SENTENCES[f"pay_rate_of_{_whose}_no_overlap"] = OVERLAP
