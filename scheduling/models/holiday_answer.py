from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChild, ClientChildQuerySet


class HolidayAnswer(ClientChild):
    """What a client wants for one holiday: visits as planned, or none that day."""

    class Answer(models.TextChoices):
        KEEP = "keep", _("Visits take place")
        CANCEL = "cancel", _("No visits that day")

    holiday = models.ForeignKey("accounts.Holiday", on_delete=models.CASCADE, related_name="answers")
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="holiday_answers")
    answer = models.CharField(max_length=6, choices=Answer.choices)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    objects = ClientChildQuerySet.as_manager()

    class Meta:
        ordering = ["holiday", "client"]
        constraints = [models.UniqueConstraint(fields=["holiday", "client"], name="holiday_answered_once")]

    def __str__(self) -> str:
        return f"{self.holiday_id}: {self.client_id} {self.answer}"
