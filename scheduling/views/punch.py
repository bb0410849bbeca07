"""Punches that belong to no visit: each is given to one, gets one, or is closed with a reason."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django.contrib import messages
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from homecare.accounts.models import User
from homecare.templatetags.ui import daytime_tag
from homecare.views import FormPage, ListPage, ScopedMixin
from scheduling.forms.approval import ApplyForm
from scheduling.forms.punch import CloseForm, PunchVisitForm
from scheduling.models import ClockEvent
from scheduling.punch_suggestions import suggestions_for, visits_for
from scheduling.services.punch import close_punch, give_punch, make_visit, others_of

CHANGE = "scheduling.change_visit"
USUAL = dt.timedelta(hours=1)
LONGEST = dt.timedelta(hours=14)


class PunchList(ListPage):
    """What waits, the newest first; with `?show=decided` what was decided."""

    model = ClockEvent
    permission = CHANGE
    template_name = "scheduling/punch_list.html"
    paginate_by = 30

    @property
    def is_done(self) -> bool:
        return self.request.GET.get("show") == "decided"

    def rows(self, queryset: Any) -> Any:
        rows = queryset.filter(decision__isnull=False) if self.is_done else queryset.unmatched()
        return rows.select_related(
            "member__branch", "client", "recorded_by", "decision__by", "decision__visit__client"
        ).order_by("-at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        events = list(context["object_list"])
        tabs = [
            {"label": _("Waiting"), "url": "?", "is_current": not self.is_done},
            {"label": _("Decided"), "url": "?show=decided", "is_current": self.is_done},
        ]
        punches = [] if self.is_done else suggestions_for(events, self.request.user)
        return {**context, "events": events, "punches": punches, "tabs": tabs, "is_done": self.is_done}


class PunchPage(FormPage):
    """One decision about one punch."""

    model = ClockEvent
    permission = CHANGE
    title: Any = ""
    submit_label: Any = ""

    def get_queryset(self) -> Any:
        rows = self.model.objects.visible_to(cast(User, self.request.user)).filter(visit=None)
        return rows.select_related("member__branch", "client")

    @cached_property
    def event(self) -> ClockEvent:
        return ScopedMixin.scoped_object(self, pk=self.kwargs["pk"])  # type: ignore[arg-type]

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def get_form_kwargs(self) -> dict[str, Any]:
        self.event  # noqa: B018 - 404 before anything is shown
        return super().get_form_kwargs()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        when = daytime_tag(self.event.at, zone=self.event.member.branch.time_zone)
        return super().get_context_data(
            title=self.title,
            subtitle=f"{self.event.member.full_name} · {self.event.get_kind_display()} · {when}",
            submit_label=self.submit_label,
            cancel_url=reverse("scheduling:punch-list"),
            **kwargs,
        )

    def get_success_url(self) -> str:
        return reverse("scheduling:punch-list")


class PunchMatch(PunchPage):
    """Gives the punch to one of its caregiver's visits."""

    form_class = ApplyForm
    title = gettext_lazy("To which visit does it belong?")
    submit_label = gettext_lazy("Give it to this visit")
    success_message = gettext_lazy("The punch belongs to the visit now.")

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        return {**kwargs, "visits": visits_for([self.event], self.user).with_people().order_by("starts_at")}

    def perform(self, form: Any) -> Any:
        return give_punch(self.event, form.cleaned_data["visit"], by=self.user)


class PunchVisit(PunchPage):
    """Makes the visit that nobody had planned."""

    form_class = PunchVisitForm
    title = gettext_lazy("A visit that was not planned")
    submit_label = gettext_lazy("Make the visit")

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs, event = super().get_form_kwargs(), self.event
        clients = Client.objects.visible_to(self.user).filter(branch=event.member.branch)
        start = event.at - USUAL if event.kind == ClockEvent.Kind.OUT else event.at
        later = [
            one.at
            for one in others_of(event, start, start + LONGEST, event.client_id or 0)
            if one.kind == ClockEvent.Kind.OUT and one.at > event.at
        ]
        ends_at = later[0] if later and event.kind == ClockEvent.Kind.IN else event.at + USUAL
        return {**kwargs, "event": event, "ends_at": ends_at, "clients": clients}

    def perform(self, form: Any) -> Any:
        data = dict(form.cleaned_data)
        visit = make_visit(self.event, data.pop("client"), by=self.user, **data)
        messages.success(self.request, _("The visit is made. It waits for approval like any other."))
        return visit


class PunchClose(PunchPage):
    """The punch counts for no visit."""

    form_class = CloseForm
    title = gettext_lazy("Close this punch")
    submit_label = gettext_lazy("Close")
    success_message = gettext_lazy("Closed. The punch is kept with your reason.")

    def perform(self, form: Any) -> Any:
        return close_punch(self.event, note=form.cleaned_data["note"], by=self.user)
