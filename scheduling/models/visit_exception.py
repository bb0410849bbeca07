from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from scheduling.models.visit_record import VisitChildQuerySet


class ReasonCodeQuerySet(ScopedQuerySet):
    branch_path = None

    def in_use(self) -> ReasonCodeQuerySet:
        return self.filter(is_active=True)


class ReasonCode(models.Model):
    """A payer's code for why a visit's electronic record needed a person, or for what was done about it.

    (STANDARDS 1.4.) A code that was given once stays as it is; it can be taken out of use."""

    class Kind(models.TextChoices):
        REASON = "reason", _("Reason")
        ACTION = "action", _("Action taken")

    set_name = models.CharField(max_length=40, default="default", help_text=_("Which payer's or state's table."))
    code = models.CharField(max_length=8)
    text = models.CharField(max_length=120)
    needs_memo = models.BooleanField(default=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.REASON)
    suggests = ArrayField(
        models.CharField(max_length=14),
        default=list,
        blank=True,
        help_text=_("Exceptions for which it is offered first."),
    )
    is_active = models.BooleanField(default=True)

    objects = ReasonCodeQuerySet.as_manager()

    class Meta:
        ordering = ["set_name", "code"]
        constraints = [
            # An action may carry the number of a reason: both tables of the 200-series begin anew.
            models.UniqueConstraint(
                fields=["set_name", "kind", "code"],
                name="reason_code_once",
                violation_error_message=_("This set has that code already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.text}"

    @property
    def suggested_for(self) -> list[str]:
        """The exceptions for which it is offered first, in words."""
        words = dict(VisitException.Kind.choices)
        return [str(words.get(kind, kind)) for kind in self.suggests]


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
        OVERLAP = "overlap", _("At the same time as another visit")
        AUTHORIZATION = "authorization", _("Not authorized")
        MOCK_LOCATION = "mock_location", _("Made-up position")
        CLOCK_SKEW = "clock_skew", _("Phone's clock is wrong")
        INACCURATE = "inaccurate", _("Inaccurate position")
        UNKNOWN_PHONE = "unknown_phone", _("Telephone not on file")

    visit = models.ForeignKey("scheduling.Visit", on_delete=models.CASCADE, related_name="exceptions")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    detail = models.CharField(max_length=200)
    reason_code = models.ForeignKey(ReasonCode, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    action_code = models.ForeignKey(
        ReasonCode, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    memo = models.CharField(max_length=256, blank=True)
    resolved_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = VisitExceptionQuerySet.as_manager()

    class Meta:
        ordering = ["visit", "kind"]
        constraints = [models.UniqueConstraint(fields=["visit", "kind"], name="visit_exception_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.detail}"
