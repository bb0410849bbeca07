from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.views import ActionView, FormPage, ListPage, ScopedMixin
from staff.filters import TimeOffFilter
from staff.forms.time_off import DeclineForm, TimeOffForm
from staff.models import Commitment, Member, TimeOff
from staff.services.time_off import approve_time_off, cancel_time_off, decline_time_off, request_time_off

OWN_SHOWN = 20
"""How many of one's own requests the phone lists."""


def visits_then() -> Coalesce:
    """How many visits the person has in the time of each request."""
    held = Commitment.objects.filter(
        member=OuterRef("member"),
        during__startswith__lt=OuterRef("ends_at"),
        during__endswith__gt=OuterRef("starts_at"),
    ).exclude(visit_id=None)
    counted = held.order_by().values("member").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def ask(member: Member, form: TimeOffForm, user: Any) -> TimeOff:
    """The request of a filled form, in the days of the member's branch."""
    starts_at, ends_at = form.span(member.branch.time_zone)
    more = {"reason": form.cleaned_data["reason"], "note": form.cleaned_data["note"]}
    return request_time_off(member, starts_at=starts_at, ends_at=ends_at, by=user, **more)


def field_of(form: TimeOffForm, error: Any) -> str | None:
    """The service speaks of moments, the form of days and times."""
    if error.field == "ends_at":
        return "ends" if form.cleaned_data.get("ends") else "last_on"
    return error.field


class TimeOffList(ListPage):
    model = TimeOff
    permission = "staff.view_timeoff"
    filterset_class = TimeOffFilter
    template_name = "staff/timeoff_list.html"
    fragment_name = "staff/_timeoff_table.html"

    def rows(self, queryset: QuerySet) -> QuerySet:
        rows = queryset.select_related("member__branch", "member__role", "decided_by")
        return rows.annotate(visits_then=visits_then()).order_by("starts_at", "id")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = [_("Staff member"), _("When"), _("Reason"), _("Visits then"), _("Status"), _("Actions")]
        return super().get_context_data(columns=[{"label": label} for label in labels], **kwargs)


class TimeOffCreate(FormPage):
    permission = "staff.add_timeoff"
    form_class = TimeOffForm
    success_message = gettext_lazy("Request noted.")

    @property
    def member(self) -> Member:
        rows = Member.objects.visible_to(self.request.user).select_related("branch")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["member_pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        member = self.member
        return super().get_context_data(
            heading=_("Ask for time off"), subtitle=member.full_name, cancel_url=self.get_success_url(), **kwargs
        )

    def perform(self, form: TimeOffForm) -> TimeOff:
        return ask(self.member, form, self.request.user)

    def refuse(self, form: TimeOffForm, error: Any) -> Any:
        error.field = field_of(form, error)
        return super().refuse(form, error)

    def get_success_url(self) -> str:
        return reverse("staff:member-detail", args=[self.kwargs["member_pk"]]) + "?tab=availability"


class TimeOffAsk(FormPage):
    """A caregiver asks for own time off and reads what became of earlier requests."""

    permission = "scheduling.work_visit"
    form_class = TimeOffForm
    template_name = "staff/timeoff_ask.html"
    success_message = gettext_lazy("Sent. You are told when the office has decided.")

    @property
    def member(self) -> Member:
        user: Any = self.request.user
        rows = Member.objects.visible_to(user).filter(user=user).select_related("branch")
        return get_object_or_404(rows)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        member = self.member
        own = TimeOff.objects.visible_to(self.request.user).filter(member=member).order_by("-starts_at", "-pk")  # type: ignore[arg-type]
        return super().get_context_data(requests=own[:OWN_SHOWN], zone=member.branch.time_zone, **kwargs)

    def perform(self, form: TimeOffForm) -> TimeOff:
        return ask(self.member, form, self.request.user)

    def refuse(self, form: TimeOffForm, error: Any) -> Any:
        error.field = field_of(form, error)
        return super().refuse(form, error)

    def get_success_url(self) -> str:
        return reverse("staff:timeoff-ask")


class TimeOffWithdraw(ActionView):
    """Takes back one's own request while nobody has decided; afterwards the office cancels."""

    model = TimeOff
    permission = "scheduling.work_visit"
    success_message = gettext_lazy("Your request is taken back.")

    def get_queryset(self) -> QuerySet:
        own = super().get_queryset().filter(member__user=self.request.user)
        return own.filter(status=TimeOff.Status.REQUESTED)

    def perform(self, obj: TimeOff) -> TimeOff:
        return cancel_time_off(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: TimeOff) -> str:
        return reverse("staff:timeoff-ask")


class TimeOffApprove(ActionView):
    model = TimeOff
    permission = "staff.change_timeoff"
    success_message = gettext_lazy("Approved. No visits can be given in that time.")

    def perform(self, obj: TimeOff) -> TimeOff:
        return approve_time_off(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: TimeOff) -> str:
        return reverse("staff:timeoff-list")


class TimeOffDecline(ScopedMixin, FormPage):
    model = TimeOff
    permission = "staff.change_timeoff"
    form_class = DeclineForm
    success_message = gettext_lazy("Declined; the person is told.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.scoped_object()
        return super().get_context_data(
            heading=_("Decline time off"), subtitle=row.member.full_name, cancel_url=reverse("staff:timeoff-list"),
            submit_label=_("Decline"), danger=True, **kwargs,
        )  # fmt: skip

    def perform(self, form: DeclineForm) -> TimeOff:
        return decline_time_off(self.scoped_object(), by=self.request.user, comment=form.cleaned_data["comment"])  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return reverse("staff:timeoff-list")


class TimeOffCancel(ActionView):
    model = TimeOff
    permission = "staff.change_timeoff"
    success_message = gettext_lazy("Cancelled. The time is free again.")

    def perform(self, obj: TimeOff) -> TimeOff:
        return cancel_time_off(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: TimeOff) -> str:
        return reverse("staff:timeoff-list")
