from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from homecare.accounts.models import ScopedQuerySet


class ScheduleChildQuerySet(ScopedQuerySet):
    """Rows that belong to one pattern are seen by whoever sees its client."""

    branch_path = "schedule__client__branch_id"

    def of_person(self, user: object) -> ScheduleChildQuerySet:
        return self.filter(schedule__client__in=Client.objects.visible_to(user))  # type: ignore[arg-type]


class TemporaryChange(models.Model):
    """From one day to another a pattern pauses, or takes place at another time or with another caregiver.

    The pattern itself stays as it is, so the change ends by itself; taken back early, its days return. Of a shared
    pattern one `client` alone may pause; the visits of the others go on.
    """

    schedule = models.ForeignKey("scheduling.Schedule", on_delete=models.CASCADE, related_name="temporary_changes")
    from_on = models.DateField()
    until_on = models.DateField(help_text=_("Last day, inclusive."))
    is_paused = models.BooleanField(default=False, help_text=_("No visits on these days."))
    start_time = models.TimeField(null=True, blank=True, help_text=_("Branch local time; empty: as usual."))
    duration_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(5), MaxValueValidator(24 * 60)]
    )
    member = models.ForeignKey(
        "staff.Member", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    slot = models.PositiveSmallIntegerField(default=1, help_text=_("Whose place the caregiver takes."))
    client = models.ForeignKey(
        "clients.Client",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text=_("Who alone pauses; empty: everybody who shares the visits."),
    )
    left = models.JSONField(default=dict, help_text=_("The client's visits that were cancelled, and what goes on."))
    reason = models.CharField(max_length=200)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScheduleChildQuerySet.as_manager()

    class Meta:
        ordering = ["from_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_on__gte=models.F("from_on")),
                name="temporary_change_days_in_order",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                condition=models.Q(client=None) | models.Q(is_paused=True),
                name="temporary_change_of_one_is_a_pause",
                violation_error_message=_("Another time or caregiver counts for everybody who shares the visits."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.from_on}–{self.until_on}"

    def get_absolute_url(self) -> str:
        return reverse("scheduling:schedule-detail", args=[self.schedule_id])

    @property
    def sentence(self) -> str:
        """At 10:00 with Ben Silva, Mon 7 Dec – Sun 20 Dec 2026."""
        words = [str(_("Paused"))] if self.is_paused else []
        if self.client is not None:
            words.append(_("for %(client)s alone") % {"client": self.client.full_name})
        if self.start_time is not None:
            words.append(_("at %(time)s") % {"time": f"{self.start_time:%H:%M}"})
        if self.duration_minutes is not None:
            words.append(_("for %(n)s min") % {"n": self.duration_minutes})
        if self.member is not None:
            words.append(_("with %(caregiver)s") % {"caregiver": self.member.full_name})
        days = date_format(self.from_on, "D j M")
        if self.until_on != self.from_on:
            days = f"{days} – {date_format(self.until_on, 'D j M Y')}"
        return f"{' '.join(words)}, {days}"
