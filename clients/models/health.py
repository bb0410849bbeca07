from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChild, ClientChildQuerySet


class Diagnosis(ClientChild):
    """A condition of the client, coded (SNOMED CT or ICD-10-CM) as the sender coded it."""

    class System(models.TextChoices):
        SNOMED = "http://snomed.info/sct", "SNOMED CT"
        ICD10 = "http://hl7.org/fhir/sid/icd-10-cm", "ICD-10-CM"
        OTHER = "", _("Not coded")

    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="diagnoses")
    system = models.CharField(max_length=60, choices=System.choices, blank=True)
    code = models.CharField(max_length=20, blank=True)
    display = models.CharField(max_length=200)
    onset_on = models.DateField(null=True, blank=True)
    resolved_on = models.DateField(null=True, blank=True)

    objects = ClientChildQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "diagnoses"
        ordering = ["display"]

    def __str__(self) -> str:
        return self.display


class Allergy(ClientChild):
    """A substance the client must not meet."""

    class Severity(models.TextChoices):
        HIGH = "high", _("High")
        LOW = "low", _("Low")
        UNKNOWN = "", _("Unknown")

    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="allergies")
    substance = models.CharField(max_length=120)
    code = models.CharField(max_length=20, blank=True)
    reaction = models.CharField(max_length=120, blank=True)
    severity = models.CharField(max_length=8, choices=Severity.choices, blank=True)

    objects = ClientChildQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "allergies"
        ordering = ["substance"]

    def __str__(self) -> str:
        return self.substance
