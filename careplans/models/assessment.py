from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChildQuerySet
from homecare.accounts.models import ScopedQuerySet


class InstrumentQuerySet(ScopedQuerySet):
    branch_path = None

    def usable(self) -> InstrumentQuerySet:
        return self.filter(is_active=True)


class Instrument(models.Model):
    """A versioned questionnaire as data: items with scored answers, and bands over the total.

    items: [{"code", "text", "help", "answers": [{"value": 0, "text": "…"}, …]}, …]
    bands: [{"from": 0, "to": 2, "text": "Severe impairment", "tone": "danger"}, …], ends inclusive.
    """

    code = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=200, help_text=_("Paper or body that published it."))
    licence = models.CharField(max_length=200)
    items = models.JSONField()
    bands = models.JSONField()
    repeat_days = models.PositiveSmallIntegerField(default=90, help_text=_("Due again after so many days."))
    is_active = models.BooleanField(default=True)

    objects = InstrumentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="instrument_version_once")]

    def __str__(self) -> str:
        return self.name


class Assessment(models.Model):
    """One filled questionnaire. Score and band are computed on the server and kept as they were on that day."""

    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="assessments")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="assessments")
    assessed_on = models.DateField()
    answers = models.JSONField(help_text=_("item code → value"))
    score = models.PositiveSmallIntegerField()
    band = models.CharField(max_length=80)
    tone = models.CharField(max_length=10, blank=True)
    comment = models.TextField(blank=True)
    assessed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClientChildQuerySet.as_manager()

    class Meta:
        ordering = ["-assessed_on", "-id"]
        indexes = [models.Index(fields=["client", "instrument", "-assessed_on"], name="assessment_by_client")]

    def __str__(self) -> str:
        return f"{self.instrument} {self.assessed_on}: {self.score}"

    def get_absolute_url(self) -> str:
        return reverse("careplans:assessment-detail", args=[self.pk])
