from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from careplans.vitals import SIGNS
from clients.models.client import ClientChildQuerySet


class VitalKind(models.TextChoices):
    """The signs; careplans/vitals.py gives each its code, unit and limits. NEWS2 is computed from a full set."""

    SYSTOLIC = "systolic", _("Systolic pressure")
    DIASTOLIC = "diastolic", _("Diastolic pressure")
    HEART_RATE = "heart_rate", _("Heart rate")
    RESPIRATION = "respiration", _("Respiration")
    TEMPERATURE = "temperature", _("Temperature")
    OXYGEN = "oxygen", _("Oxygen saturation")
    WEIGHT = "weight", _("Weight")
    HEIGHT = "height", _("Height")
    GLUCOSE = "glucose", _("Glucose")
    PAIN = "pain", _("Pain 0–10")
    NEWS2 = "news2", _("Early warning score (NEWS2)")


class VitalReadingQuerySet(ClientChildQuerySet):
    def alerts(self) -> VitalReadingQuerySet:
        return self.filter(is_alert=True, acknowledged_at=None)


class VitalReading(models.Model):
    """One measured value in the unit of its kind, judged against the client's threshold when it was recorded."""

    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="vital_readings")
    kind = models.CharField(max_length=12, choices=VitalKind.choices)
    value = models.DecimalField(max_digits=7, decimal_places=2)
    taken_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=60, blank=True, help_text=_("Empty for our own staff, else who sent it."))
    is_alert = models.BooleanField(default=False)
    alert_text = models.CharField(max_length=200, blank=True)
    acknowledged_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledge_comment = models.CharField(max_length=300, blank=True, help_text=_("What was done about it."))
    created_at = models.DateTimeField(default=timezone.now)

    objects = VitalReadingQuerySet.as_manager()

    class Meta:
        ordering = ["-taken_at", "-id"]
        indexes = [
            models.Index(fields=["client", "kind", "-taken_at"], name="vital_by_client"),
            models.Index(
                fields=["-taken_at"], condition=models.Q(is_alert=True, acknowledged_at=None), name="vital_open_alert"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"

    @property
    def value_words(self) -> str:
        """The value with its unit: 172 mmHg, 37.0 °C (98.6 °F)."""
        return SIGNS[self.kind].shown(self.value)


class VitalThreshold(models.Model):
    """The range a client's physician set for one sign; without a row the agency default counts (STANDARDS 3.3)."""

    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="vital_thresholds")
    kind = models.CharField(max_length=12, choices=VitalKind.choices)
    low = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    high = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)

    objects = ClientChildQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "kind"], name="vital_threshold_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.low}–{self.high}"
