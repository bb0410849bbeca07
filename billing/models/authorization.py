from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChildQuerySet


class AuthorizationQuerySet(ClientChildQuerySet):
    def in_force(self, day: dt.date) -> AuthorizationQuerySet:
        return self.filter(starts_on__lte=day, ends_on__gte=day)


class Authorization(models.Model):
    """Units a payer allows for a client and service in a period, optionally so many a week."""

    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="authorizations")
    payer = models.ForeignKey("billing.Payer", on_delete=models.PROTECT, related_name="authorizations")
    service_type = models.ForeignKey("scheduling.ServiceType", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField()
    total_units = models.PositiveIntegerField(help_text=_("15-minute units."))
    weekly_units = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("15-minute units in a week from Monday; empty means no weekly limit.")
    )

    objects = AuthorizationQuerySet.as_manager()

    class Meta:
        ordering = ["client", "starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["payer", "number"],
                name="authorization_number_once",
                violation_error_message=_("This payer's authorization number is already on file."),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="authorization_ends_after_start",
                violation_error_message=_("The authorization ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.number
