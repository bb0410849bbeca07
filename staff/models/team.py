from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet


class TeamQuerySet(ScopedQuerySet):
    def planned_by(self, user: Any) -> TeamQuerySet:
        """The teams this person of the office plans for."""
        return self.filter(coordinators=user)


class Team(models.Model):
    """Caregivers of one branch who are planned together: an area, a shift, one coordinator's people.

    A caregiver may belong to several teams. The board opens with the team of whoever looks.
    """

    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=60)
    members = models.ManyToManyField("staff.Member", related_name="teams", blank=True)
    coordinators = models.ManyToManyField(
        "accounts.User", related_name="planned_teams", blank=True, help_text=_("Their board opens with this team.")
    )

    version = models.PositiveIntegerField(default=1, editable=False, help_text=_("Grows with each change."))

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "name"],
                name="team_name_once",
                violation_error_message=_("This branch already has a team of that name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("staff:team-update", args=[self.pk])


class FormerTeammate(models.Model):
    """A caregiver who belonged to this team and does no more. A calendar of the team takes their visits out with it."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="former_members", db_index=False)
    member = models.ForeignKey("staff.Member", on_delete=models.CASCADE, related_name="+", db_index=False)
    left_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "member"], name="former_teammate_once")]

    def __str__(self) -> str:
        return f"{self.team_id}: {self.member_id}"
