from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChildQuerySet


class MedicationOrderQuerySet(ClientChildQuerySet):
    def current(self) -> MedicationOrderQuerySet:
        return self.filter(stopped_on=None)


class MedicationOrder(models.Model):
    """A medicine the client takes, as ordered by a physician or reported by the hospital."""

    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="medication_orders")
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=20, blank=True, help_text=_("RxNorm"))
    dosage = models.CharField(max_length=200, blank=True)
    as_needed = models.BooleanField(default=False)
    ordered_on = models.DateField(null=True, blank=True)
    ordered_by = models.CharField(max_length=120, blank=True)
    stopped_on = models.DateField(null=True, blank=True)

    objects = MedicationOrderQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
