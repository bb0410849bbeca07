from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.fhir.summary import ReferralSummary
from homecare.accounts.models import ScopedQuerySet, User
from homecare.status import StatusModel


class ReferralQuerySet(ScopedQuerySet):
    def in_branches_of(self, user: User) -> ReferralQuerySet:
        """Referrals not given to a branch yet are everybody's to pick up."""
        return (
            self.all()
            if user.all_branches
            else self.filter(models.Q(branch=None) | models.Q(branch_id__in=user.branch_ids))
        )

    def search(self, words: str) -> ReferralQuerySet:
        """By name with slips of the pen, sender or the sender's number."""
        found = self
        for word in words.split()[:5]:
            found = found.filter(
                models.Q(last_name__icontains=word)
                | models.Q(first_name__icontains=word)
                | models.Q(last_name__trigram_similar=word)
                | models.Q(first_name__trigram_similar=word)
                | models.Q(sender__icontains=word)
                | models.Q(external_id__iexact=word)
            )
        return found

    def open(self) -> ReferralQuerySet:
        return self.filter(status=Referral.Status.RECEIVED)


class Referral(StatusModel):
    """A request for care from a hospital or family. `summary` is what was read from it."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("Received")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.RECEIVED: {Status.ACCEPTED, Status.DECLINED},
        Status.DECLINED: {Status.RECEIVED},
    }

    class Source(models.TextChoices):
        FHIR = "fhir", _("FHIR bundle")
        WEB = "web", _("Web form")
        PHONE = "phone", _("Phone call")

    branch = models.ForeignKey(
        "accounts.Branch", null=True, blank=True, on_delete=models.PROTECT, related_name="referrals"
    )
    client = models.OneToOneField(
        "clients.Client", null=True, blank=True, on_delete=models.PROTECT, related_name="referral"
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RECEIVED)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.FHIR)
    sender = models.CharField(max_length=120, blank=True)
    external_system = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(
        max_length=200, help_text=_("The sender's identifier of the person; importing again finds this row.")
    )
    content_digest = models.CharField(
        max_length=64, help_text=_("SHA-256 of what was read; the same content changes nothing.")
    )
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    birth_on = models.DateField(null=True, blank=True)
    summary = models.JSONField(default=dict, help_text=_("clients.fhir.ReferralSummary as plain data."))
    file_name = models.CharField(max_length=200, blank=True)
    newer_summary = models.JSONField(
        null=True, blank=True, help_text=_("What the sender sent after the decision; kept beside, never written over.")
    )
    newer_digest = models.CharField(max_length=64, blank=True)
    newer_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decline_reason = models.CharField(max_length=200, blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        permissions = [("accept_referral", "Accepts or declines referrals")]
        constraints = [
            models.UniqueConstraint(fields=["external_system", "external_id"], name="referral_once_per_sender")
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def read(self) -> ReferralSummary:
        """The summary as the reader made it."""
        return ReferralSummary.from_json(self.summary)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def get_absolute_url(self) -> str:
        return reverse("clients:referral-detail", args=[self.pk])
