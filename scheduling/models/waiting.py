from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from clients.languages import name_of
from clients.models.client import ClientChild, ClientChildQuerySet
from homecare.errors import CONSTRAINT_SENTENCES
from homecare.status import StatusModel


class WaitingQuerySet(ClientChildQuerySet):
    def waiting(self) -> WaitingQuerySet:
        return self.filter(status=Waiting.Status.WAITING)

    def in_turn(self) -> WaitingQuerySet:
        """The most pressing first, then who waits longest."""
        return self.order_by("priority", "since", "pk")


class Waiting(ClientChild, StatusModel):
    """A client, or somebody who inquired, waits for hours that the agency cannot give yet."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        PLACED = "placed", _("Placed with us")
        WITHDRAWN = "withdrawn", _("No longer wanted")
        ELSEWHERE = "elsewhere", _("Found somebody else")

    class Priority(models.IntegerChoices):
        URGENT = 1, _("Urgent")
        SOON = 2, _("Soon")
        CAN_WAIT = 3, _("Can wait")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.WAITING: {Status.PLACED, Status.WITHDRAWN, Status.ELSEWHERE},
        Status.PLACED: {Status.WAITING},
        Status.WITHDRAWN: {Status.WAITING},
        Status.ELSEWHERE: {Status.WAITING},
    }

    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="waiting")
    service_type = models.ForeignKey("scheduling.ServiceType", on_delete=models.PROTECT, related_name="+")
    weekly_minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(15), MaxValueValidator(168 * 60 // 2)]
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, help_text=_("Preferred days; empty: any.")
    )
    start_time = models.TimeField(null=True, blank=True, help_text=_("Preferred start, branch local; empty: any."))
    area = models.CharField(max_length=80, blank=True, help_text=_("Town or part of it; empty: the client's address."))
    language = models.CharField(max_length=8, blank=True)
    skills = models.CharField(max_length=120, blank=True, help_text=_("What a caregiver must be able to do."))
    since = models.DateField()
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.SOON)
    reason = models.CharField(max_length=200, blank=True, help_text=_("Why it cannot begin yet."))
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    left_at = models.DateTimeField(null=True, blank=True)
    left_note = models.CharField(max_length=200, blank=True)
    schedule = models.ForeignKey(
        "scheduling.Schedule",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="served",
        help_text=_("The pattern that was planned for it."),
    )
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = WaitingQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the waiting list")
        ordering = ["priority", "since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "service_type"],
                condition=models.Q(status="waiting"),
                name="waiting_once_per_service",
                violation_error_message=_("This client already waits for this service. Change that entry."),
            ),
            models.CheckConstraint(
                condition=models.Q(status="waiting", left_at=None)
                | (~models.Q(status="waiting") & models.Q(left_at__isnull=False)),
                name="waiting_left_at_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["priority", "since"], condition=models.Q(status="waiting"), name="waiting_in_turn")
        ]

    def __str__(self) -> str:
        return f"{self.client_id}: {self.service_type_id}"

    def get_absolute_url(self) -> str:
        return reverse("scheduling:waiting-detail", args=[self.pk])

    @property
    def days_wanted(self) -> list[int]:
        """The preferred weekdays; of who prefers none as many working days as visits of up to four hours need."""
        if self.weekdays:
            return list(self.weekdays)
        return list(range(min(7, max(1, -(-self.weekly_minutes // 240)))))

    @property
    def minutes_a_visit(self) -> int:
        """The weekly hours spread over the days, in quarters of an hour."""
        share = self.weekly_minutes / len(self.days_wanted)
        return min(24 * 60, max(15, round(share / 15) * 15))

    @property
    def when(self) -> str:
        """Mon, Wed at 09:00; any day."""
        days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in self.weekdays) or str(_("any day"))
        return f"{days} {self.start_time:%H:%M}" if self.start_time else days

    @property
    def language_name(self) -> str:
        return name_of(self.language) if self.language else ""

    def days_waited(self, today: dt.date) -> int:
        return max(0, (today - self.since).days)


CONSTRAINT_SENTENCES["waiting_once_per_service"] = "This client already waits for this service. Change that entry."
