from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChild, ClientChildQuerySet


class CareTeamQuerySet(ClientChildQuerySet):
    def current(self) -> CareTeamQuerySet:
        today = timezone.now().date()
        return self.filter(
            models.Q(until=None) | models.Q(until__gte=today - dt.timedelta(days=1)),
            since__lte=today + dt.timedelta(days=1),
        )


class CareTeamMember(ClientChild):
    """A staff member who belongs to a client's care team from a day until a day."""

    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="care_team")
    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="care_teams")
    part = models.CharField(
        max_length=60, default="Caregiver", help_text=_("Caregiver, supervising nurse, therapist, coordinator …")
    )
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = CareTeamQuerySet.as_manager()

    class Meta:
        ordering = ["client", "part", "member"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "member", "part"],
                condition=models.Q(until=None),
                name="care_team_once",
                violation_error_message=_("This person is already on the care team."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.part}"


class CaregiverPreference(ClientChild):
    """The client wants this caregiver, or does not: an exclusion is a hard rule of the scheduler."""

    class Kind(models.TextChoices):
        PREFERRED = "preferred", _("Preferred")
        EXCLUDED = "excluded", _("Excluded")

    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="caregiver_preferences")
    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="client_preferences")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=200, blank=True)

    objects = ClientChildQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "member"],
                name="caregiver_preference_once",
                violation_error_message=_("There is already a preference for this caregiver."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.member}"


class Introduction(ClientChild):
    """The caregiver was introduced to this client and home on that day, so they may come alone from then on."""

    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="introductions")
    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="introductions")
    on = models.DateField()

    objects = ClientChildQuerySet.as_manager()

    class Meta:
        ordering = ["client", "on"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "member"],
                name="introduction_once",
                violation_error_message=_("This caregiver was already introduced to the client."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.on}"
