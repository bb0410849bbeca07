from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.addresses import address
from homecare.clock import minutes_between, now
from homecare.errors import CONSTRAINT_SENTENCES
from homecare.status import StatusModel
from scheduling.evv import is_placed, missing_elements
from scheduling.shared_time import portion

# A visit so near is shown even when nobody published it: a client must not wait for a button.
ALWAYS_SHOWN = dt.timedelta(hours=48)


class VisitQuerySet(ScopedQuerySet):
    def of_person(self, user: Any) -> VisitQuerySet:
        """A caregiver sees their own visits; a family sees the live ones of its client."""
        family = models.Q(client__contacts__user=user, client__contacts__has_portal=True) & ~models.Q(
            status=Visit.Status.CANCELLED
        )
        own = models.Q(caregiver__user=user) & self.is_published()
        return self.filter(own | models.Q(pk__in=Visit.objects.filter(family).values("pk")))

    @staticmethod
    def is_published() -> models.Q:
        """Shown to its caregiver: the branch holds nothing back, or has published so far, or it is near, or they gave
        their word for it already."""
        return (
            models.Q(branch__published_until=None)
            | models.Q(status=Visit.Status.CONFIRMED)
            | models.Q(starts_at__lt=models.F("branch__published_until"))
            | models.Q(starts_at__lt=now() + ALWAYS_SHOWN)
        )

    def published(self) -> VisitQuerySet:
        return self.filter(self.is_published())

    def live(self) -> VisitQuerySet:
        """Visits that take place or took place: not cancelled, not missed."""
        return self.exclude(status__in=[Visit.Status.CANCELLED, Visit.Status.MISSED])

    def between(self, starts_at: dt.datetime, ends_at: dt.datetime) -> VisitQuerySet:
        """Visits whose time touches [starts_at, ends_at)."""
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)

    def leading(self) -> VisitQuerySet:
        """One row for each stay of a caregiver: of visits that clients of one home share, the one that leads."""
        return self.filter(leader=None)

    def open(self) -> VisitQuerySet:
        """Unfilled: planned without a caregiver."""
        return self.filter(leader=None, caregiver=None, status__in=[Visit.Status.PLANNED, Visit.Status.CONFIRMED])

    def late(self, moment: dt.datetime, grace_minutes: int) -> VisitQuerySet:
        """Should have begun (by the end of their window) longer ago than the grace, with a caregiver, and have not."""
        return self.filter(
            leader=None,
            status__in=[Visit.Status.PLANNED, Visit.Status.CONFIRMED],
            caregiver__isnull=False,
            starts_at__lt=moment - dt.timedelta(minutes=grace_minutes),
            ends_at__gt=moment - dt.timedelta(days=7),
        ).filter(
            models.Q(window_ends_at=None) | models.Q(window_ends_at__lt=moment - dt.timedelta(minutes=grace_minutes))
        )

    def unapproved(self) -> VisitQuerySet:
        return self.filter(status=Visit.Status.COMPLETED)

    def awaiting_approval(self, moment: dt.datetime) -> VisitQuerySet:
        """Finished, or over without having been finished or begun: somebody must say what it was."""
        over = models.Q(
            status__in=[Visit.Status.PLANNED, Visit.Status.CONFIRMED, Visit.Status.IN_PROGRESS],
            caregiver__isnull=False,
            starts_at__lt=moment,  # said again for the index of what is unsettled
            ends_at__lt=moment,
        )
        return self.filter(models.Q(status=Visit.Status.COMPLETED) | over)

    def billable(self) -> VisitQuerySet:
        """Approved visits of billable services; billing turns each into one charge."""
        return self.filter(status=Visit.Status.APPROVED, service_type__is_billable=True)

    def with_people(self) -> VisitQuerySet:
        return self.select_related("client", "caregiver", "caregiver__role", "service_type", "branch")

    def for_list(self, *further: str) -> VisitQuerySet:
        """With the names a list prints and nothing else: whole rows of five tables cost as much as the page."""
        people = [f"{who}__{name}" for who in ("client", "caregiver") for name in ("first_name", "last_name")]
        return self.select_related("client", "caregiver", "service_type", "branch").only(
            *("status", "starts_at", "ends_at", "client", "caregiver", "service_type", "branch"),
            *("leader", "time_weight", "time_total"),
            *people,
            *("client__number", "service_type__name", "branch__time_zone"),
            *further,
        )


class Visit(StatusModel):
    """One caregiver at one client at one time. `caregiver` empty means open (unfilled).

    Clients of one home may share a visit: each has a row of their own, with their own service, plan, tasks, notes and
    charge. One of the rows leads and holds the caregiver's time; the others follow it in time, caregiver and state,
    which the database sees to (docs/adr/0007-shared-visits-follow-a-leader.md).
    """

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        CONFIRMED = "confirmed", _("Confirmed")
        IN_PROGRESS = "in_progress", _("In progress")
        COMPLETED = "completed", _("Completed")
        APPROVED = "approved", _("Approved")
        MISSED = "missed", _("Missed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.PLANNED: {Status.CONFIRMED, Status.IN_PROGRESS, Status.COMPLETED, Status.MISSED, Status.CANCELLED},
        Status.CONFIRMED: {Status.PLANNED, Status.IN_PROGRESS, Status.COMPLETED, Status.MISSED, Status.CANCELLED},
        Status.IN_PROGRESS: {Status.COMPLETED},
        Status.COMPLETED: {Status.APPROVED, Status.IN_PROGRESS},
        Status.APPROVED: {Status.COMPLETED},
        # A clock is never refused: who was marked missed and clocks after all is at work.
        Status.MISSED: {Status.PLANNED, Status.IN_PROGRESS, Status.COMPLETED},
        Status.CANCELLED: {Status.PLANNED},
    }
    OPEN_STATUSES: ClassVar[set[str]] = {"planned", "confirmed"}

    # No index of their own where one below begins with the column, or where nobody asks by it: this is the table that
    # grows most, and each index is a fifteenth of the cost of a visit.
    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="visits", db_index=False)
    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="visits", db_index=False)
    service_type = models.ForeignKey(
        "scheduling.ServiceType", on_delete=models.PROTECT, related_name="visits", db_index=False
    )
    schedule = models.ForeignKey(
        "scheduling.Schedule", null=True, blank=True, on_delete=models.PROTECT, related_name="visits", db_index=False
    )
    occurrence_on = models.DateField(
        null=True, blank=True, help_text=_("Local day of the pattern this visit stands for, also after it was moved.")
    )
    slot = models.PositiveSmallIntegerField(default=1)
    leader = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="followers",
        db_index=False,
        help_text=_("The visit of another client of the same home that this one follows in time and caregiver."),
    )
    time_weight = models.PositiveSmallIntegerField(
        default=1, help_text=_("This client's part of a shared visit's time, beside the weights of the others.")
    )
    time_total = models.PositiveSmallIntegerField(
        default=1, help_text=_("The weights of all who share it now; kept by the database.")
    )
    caregiver = models.ForeignKey(
        "staff.Member", null=True, blank=True, on_delete=models.PROTECT, related_name="visits", db_index=False
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PLANNED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    window_starts_at = models.DateTimeField(
        null=True, blank=True, help_text=_("It may begin from here on; empty: at its start.")
    )
    window_ends_at = models.DateTimeField(null=True, blank=True, help_text=_("It may begin up to here."))
    is_changed_by_hand = models.BooleanField(
        default=False, help_text=_("Differs from its pattern because a person said so.")
    )
    version = models.PositiveIntegerField(
        default=1, help_text=_("Grows with each change; a stale copy may not overwrite.")
    )
    note = models.CharField(max_length=300, blank=True, help_text=_("For the caregiver."))
    plan = models.ForeignKey(
        "careplans.CarePlan",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="visits",
        help_text=_("The plan version in force when it began."),
    )
    started_at = models.DateTimeField(null=True, blank=True, help_text=_("Clock-in."))
    finished_at = models.DateTimeField(null=True, blank=True, help_text=_("Clock-out."))
    cancel_reason = models.CharField(max_length=200, blank=True)
    approved_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("The one time that drives both pay and bill.")
    )
    approved_starts_at = models.DateTimeField(null=True, blank=True)
    approved_ends_at = models.DateTimeField(null=True, blank=True)
    adjustment_code = models.ForeignKey(
        "scheduling.ReasonCode",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text=_("Why the approved times differ from the punches."),
    )
    adjustment_action = models.ForeignKey(
        "scheduling.ReasonCode",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text=_("What was done about it, where the payer asks for that."),
    )
    adjustment_memo = models.CharField(max_length=256, blank=True)
    # In and out by the caregiver alone, as the database judges; who follows a visit has its leader's verdict.
    is_self_clocked = models.BooleanField(default=False, db_default=False, editable=False)
    approved_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    readings = models.ManyToManyField("careplans.VitalReading", blank=True, related_name="visits")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True, editable=False, help_text=_("Set by the database; empty: never."))

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        permissions = [
            ("work_visit", "Carries out own visits on the phone"),
            ("approve_visit", "Approves visits"),
            ("override_rule", "Overrides a warning with a reason"),
            ("clock_for_other", "Clocks for a caregiver from the office"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at"))
                & models.Q(ends_at__lte=models.F("starts_at") + dt.timedelta(hours=25)),
                name="visit_ends_after_start",
                violation_error_message=_("A visit ends after it starts and lasts at most a day."),
            ),
            models.CheckConstraint(
                condition=models.Q(window_starts_at=None, window_ends_at=None)
                | models.Q(window_ends_at__gt=models.F("window_starts_at")),
                name="visit_window_in_order",
                violation_error_message=_("The window's end is not after its beginning."),
            ),
            models.UniqueConstraint(fields=["schedule", "occurrence_on", "slot"], name="visit_once_per_occurrence"),
            models.UniqueConstraint(
                fields=["leader", "client"], condition=models.Q(leader__isnull=False), name="visit_follows_once"
            ),
            models.CheckConstraint(
                condition=models.Q(time_weight__gte=1, time_weight__lte=9, time_total__gte=models.F("time_weight")),
                name="visit_time_weight_sane",
                violation_error_message=_("A part of the time is between 1 and 9."),
            ),
            models.CheckConstraint(
                condition=models.Q(leader=None) | models.Q(schedule=None), name="visit_follower_has_no_pattern"
            ),
            models.CheckConstraint(
                condition=~models.Q(status="approved")
                | models.Q(approved_minutes__isnull=False, approved_by__isnull=False),
                name="visit_approved_with_minutes",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["in_progress", "completed", "approved"])
                | models.Q(caregiver__isnull=False),
                name="visit_worked_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_starts_at=None)
                | models.Q(approved_ends_at__gte=models.F("approved_starts_at")),
                name="visit_approved_ends_after_start",
                violation_error_message=_("The approved end is before the approved start."),
            ),
        ]
        indexes = [
            models.Index(fields=["branch", "starts_at"], name="visit_by_branch"),
            models.Index(fields=["caregiver", "starts_at"], name="visit_by_caregiver"),
            models.Index(fields=["client", "starts_at"], name="visit_by_client"),
            models.Index(
                fields=["branch", "starts_at"],
                condition=models.Q(status__in=["completed", "approved"])
                & (
                    models.Q(is_self_clocked=False)
                    | models.Q(adjustment_code__isnull=False)
                    | models.Q(leader__isnull=False)
                ),
                name="visit_perhaps_edited",
            ),
            models.Index(
                fields=["branch", "starts_at"],
                condition=models.Q(caregiver=None, status__in=["planned", "confirmed"]),
                name="visit_open",
            ),
            models.Index(
                fields=["branch", "starts_at"], condition=models.Q(status="completed"), name="visit_unapproved"
            ),
            models.Index(fields=["starts_at"], name="visit_by_start"),
            models.Index(
                fields=["starts_at"],
                condition=models.Q(status__in=["planned", "confirmed", "in_progress"]),
                name="visit_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def planned_minutes(self) -> int:
        return minutes_between(self.starts_at, self.ends_at)

    @property
    def is_shared(self) -> bool:
        """Do other clients of the home share its time?"""
        return self.leader_id is not None or self.time_total > self.time_weight

    @property
    def care_minutes(self) -> int:
        """The client's own part of the planned minutes."""
        return portion(self.planned_minutes, self.time_weight, self.time_total)

    @property
    def lead(self) -> Visit:
        """The visit that holds the caregiver's time and the punches: this one, or the one it follows."""
        return self.leader or self

    def led(self, *related: str) -> list[Visit]:
        """The live visits that follow this one; nothing is asked where none can."""
        if self.leader_id is not None or not self.is_shared:
            return []
        return list(self.followers.live().select_related(*related).order_by("pk"))

    @property
    def sharing(self) -> VisitQuerySet:
        """The visits of the other clients who share it."""
        if not self.is_shared:
            return Visit.objects.none()
        leader = self.leader_id or self.pk
        rows = Visit.objects.filter(models.Q(leader=leader) | models.Q(pk=leader)).exclude(pk=self.pk).live()
        return rows.order_by(models.F("leader").asc(nulls_first=True), "id")

    @property
    def clocked_minutes(self) -> int | None:
        """Whole minutes between the punches, None while one is missing."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(0, minutes_between(self.started_at, self.finished_at))

    @cached_property
    def evv_missing(self) -> list[str]:
        """What is missing of the six elements of a verified visit, as sentences (scheduling/evv.py)."""
        return missing_elements(self, is_placed(self, self.lead.clock_events.all(), self.exceptions.all()))

    @property
    def evv_complete(self) -> bool:
        return not self.evv_missing

    @property
    def is_open(self) -> bool:
        return self.caregiver_id is None and self.status in self.OPEN_STATUSES

    @property
    def is_published(self) -> bool:
        """Does its caregiver see it yet? Read with its branch."""
        return self.status == self.Status.CONFIRMED or self.shows_at(self.starts_at)

    def shows_at(self, moment: dt.datetime) -> bool:
        """Would a visit of this branch that begins then be shown to its caregiver, who has not confirmed it?"""
        until = self.branch.published_until
        return until is None or moment < until or moment < now() + ALWAYS_SHOWN

    @property
    def is_movable(self) -> bool:
        """Not begun, not cancelled, not missed: only such a visit may still change time or caregiver."""
        return self.status in self.OPEN_STATUSES

    def withdraw_confirmation(self) -> None:
        """A confirmation is one caregiver's word for one time: with either changed it counts no more."""
        if self.status == self.Status.CONFIRMED:
            self.move_to(self.Status.PLANNED)

    @property
    def partners(self) -> VisitQuerySet:
        """The other visits of the same double-up: one for each caregiver who comes at the same time."""
        if self.schedule_id is None or self.occurrence_on is None:
            return Visit.objects.none()
        rows = Visit.objects.filter(schedule=self.schedule_id, occurrence_on=self.occurrence_on)
        return rows.live().exclude(pk=self.pk).order_by("slot")

    def get_absolute_url(self) -> str:
        return address("scheduling:visit-detail", self.pk)


CONSTRAINT_SENTENCES["visit_follows_once"] = "This client shares the visit already."
CONSTRAINT_SENTENCES["visit_follows_its_leader"] = (
    "This visit is shared and goes with the one it follows. Change that one, or cancel this client's part."
)
