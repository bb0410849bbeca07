from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet


class PublicationQuerySet(ScopedQuerySet):
    pass


class Publication(models.Model):
    """The plan of a branch was shown to its caregivers up to a moment; who has seen it stands in its receipts."""

    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="publications")
    last_on = models.DateField(help_text=_("The last day that is shown, branch local."))
    published_until = models.DateTimeField(help_text=_("The end of that day."))
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.branch} {self.last_on}"

    def get_absolute_url(self) -> str:
        return reverse("scheduling:publication-detail", args=[self.pk])

    @staticmethod
    def count_receipts(*, seen: bool | None = None) -> models.Count:
        """How many caregivers were told of it, or have seen it."""
        return models.Count("receipts", filter=models.Q(receipts__seen_at__isnull=False) if seen else None)


class ReceiptQuerySet(ScopedQuerySet):
    branch_path = "publication__branch_id"

    def of_person(self, user: Any) -> ReceiptQuerySet:
        return self.filter(member__user=user)

    def unseen(self) -> ReceiptQuerySet:
        return self.filter(seen_at=None)


class PublicationReceipt(models.Model):
    """One caregiver and one publication. `visits` is the plan they were shown: {visit: [start, end]} in UTC.

    When they say that they have seen it, `visits` is what stood on their phone then.
    """

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="receipts")
    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="publication_receipts")
    visits = models.JSONField(default=dict)
    seen_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        ordering = ["member__last_name", "member__first_name", "pk"]
        constraints = [models.UniqueConstraint(fields=["publication", "member"], name="receipt_once_per_publication")]

    def __str__(self) -> str:
        return f"{self.publication_id}: {self.member_id}"
