from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from scheduling.models.visit import VisitChildQuerySet


class ReasonCodeQuerySet(ScopedQuerySet):
    branch_path = None


class ReasonCode(models.Model):
    """A payer's code for why a visit's electronic record needed a person (STANDARDS 1.4)."""

    set_name = models.CharField(max_length=40, default="default", help_text=_("Which payer's or state's table."))
    code = models.CharField(max_length=8)
    text = models.CharField(max_length=120)
    needs_memo = models.BooleanField(default=False)

    objects = ReasonCodeQuerySet.as_manager()

    class Meta:
        ordering = ["set_name", "code"]
        constraints = [models.UniqueConstraint(fields=["set_name", "code"], name="reason_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class VisitExceptionQuerySet(VisitChildQuerySet):
    def unresolved(self) -> VisitExceptionQuerySet:
        return self.filter(resolved_at=None)


class VisitException(models.Model):
    """Where the clocked visit differs from the planned one; a person resolves it with a reason code before approval."""

    class Kind(models.TextChoices):
        LATE = "late", _("Late start")
        EARLY = "early", _("Early start")
        SHORT = "short", _("Shorter than planned")
        LONG = "long", _("Longer than planned")
        FAR = "far", _("Away from the address")
        NO_POSITION = "no_position", _("No position")
        NO_IN = "no_in", _("No clock-in")
        NO_OUT = "no_out", _("No clock-out")
        MANUAL = "manual", _("Clocked by the office")
        TASKS_MISSING = "tasks_missing", _("Tasks without an answer")
        OFFLINE = "offline", _("Recorded offline")
        NOT_SCHEDULED = "not_scheduled", _("Not scheduled")
        UNKNOWN_PHONE = "unknown_phone", _("Telephone not on file")

    visit = models.ForeignKey("scheduling.Visit", on_delete=models.CASCADE, related_name="exceptions")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    detail = models.CharField(max_length=200)
    reason_code = models.ForeignKey(ReasonCode, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    memo = models.CharField(max_length=256, blank=True)
    resolved_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = VisitExceptionQuerySet.as_manager()

    class Meta:
        ordering = ["visit", "kind"]
        constraints = [models.UniqueConstraint(fields=["visit", "kind"], name="visit_exception_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.detail}"
