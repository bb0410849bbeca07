from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models.token import OwnTokenQuerySet


class CalendarFeedQuerySet(OwnTokenQuerySet):
    def own(self, user: Any) -> CalendarFeedQuerySet:
        """The person's own visits; not what they made for clients and offices."""
        return self.filter(user=user, kind=CalendarFeed.Kind.OWN)

    def visible_to(self, user: Any) -> CalendarFeedQuerySet:
        """One's own addresses; who looks after addresses also sees those of their branches."""
        mine = Q(user=user)
        if not user.is_active or not user.has_perm("scheduling.view_calendarfeed"):
            return self.filter(mine)
        if user.all_branches:
            return self.all()
        near = [Q(client__branch__in=user.branch_ids), Q(branch__in=user.branch_ids)]
        near.append(Q(kind=CalendarFeed.Kind.OWN, user__memberships__branch__in=user.branch_ids))
        return self.filter(pk__in=CalendarFeed.objects.filter(mine | near[0] | near[1] | near[2]).values("pk"))


class CalendarFeed(models.Model):
    """A revocable secret address at which a calendar app reads visits. Only its SHA-256 is kept.

    *own*: the visits of a caregiver. *client*: who comes when, for a family member (`user`) or, made by the office, for
    whoever it was given to (`label`). *office*: a branch's visits, or those of a team, or of chosen caregivers.
    """

    class Kind(models.TextChoices):
        OWN = "own", _("A caregiver's own visits")
        CLIENT = "client", _("A client's visits")
        OFFICE = "office", _("The office's visits")

    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.OWN)
    user = models.ForeignKey(
        "accounts.User",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="calendar_feeds",
        help_text=_("Whose it is: it ends with their access. Empty: given to somebody without an account."),
    )
    client = models.ForeignKey(
        "clients.Client", null=True, blank=True, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    branch = models.ForeignKey("accounts.Branch", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    members = models.ManyToManyField("staff.Member", blank=True, related_name="+")
    team = models.ForeignKey(
        "staff.Team",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("Whose caregivers it shows, whoever they are by then. It ends with the team."),
    )
    label = models.CharField(max_length=80, blank=True, help_text=_("To whom it was given, or the team's name."))
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="own", user__isnull=False, client=None, branch=None)
                | Q(kind="client", client__isnull=False, branch=None)
                | Q(kind="office", user__isnull=False, branch__isnull=False, client=None),
                name="calendar_feed_of_somebody",
            ),
            models.CheckConstraint(condition=Q(team=None) | Q(kind="office"), name="calendar_feed_team_of_office"),
        ]

    def __str__(self) -> str:
        return f"Calendar {self.pk}"
