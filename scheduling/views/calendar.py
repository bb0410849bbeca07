"""Calendar addresses in the office (list, new, revoke) and in the family portal."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from clients.models import Client
from homecare.accounts.branch_choice import current_branch
from homecare.views import ActionView, FormPage, ListPage, Page, PermissionMixin
from scheduling.forms.calendar import ClientCalendarForm, OfficeCalendarForm
from scheduling.models import CalendarFeed
from scheduling.services.feed import (
    create_client_feed,
    create_family_feed,
    create_office_feed,
    revoke_one,
)
from scheduling.views.feed import address_of

PORTAL = "clients.view_portal"
FAMILY_PAGE = "scheduling/family_calendar.html"


class CalendarList(ListPage):
    """Every live address of the person's branches: whose, of what, when it was last read."""

    model = CalendarFeed
    permission = "scheduling.view_calendarfeed"
    template_name = "scheduling/calendar_list.html"
    fragment_name = "scheduling/_calendar_table.html"

    def rows(self, queryset: Any) -> Any:
        live = (
            queryset.live().select_related("user", "client", "branch", "team", "created_by").prefetch_related("members")
        )
        return live.order_by("-created_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = [_("Shows"), _("For"), _("Made"), _("Last read"), _("Stop")]
        return super().get_context_data(
            columns=[{"label": label} for label in columns],
            may_change=self.request.user.has_perm("scheduling.change_calendarfeed"),
            **kwargs,
        )


class MakeCalendar(FormPage):
    """Makes an address and shows it this one time."""

    permission = "scheduling.add_calendarfeed"
    extra_context = {"submit_label": gettext_lazy("Make the address"), "submit_icon": "key"}

    def succeed(self) -> HttpResponse:
        feed, secret = self.result
        if getattr(self.request, "htmx", False):
            context = {"feed": feed, "address": address_of(secret), "base_template": "dialog_base.html"}
        else:
            context = {"feed": feed, "address": address_of(secret)}
        return render(self.request, "scheduling/calendar_created.html", context)


class OfficeCalendarCreate(MakeCalendar):
    form_class = OfficeCalendarForm

    def get_form_kwargs(self) -> dict[str, Any]:
        initial = {"branch": current_branch(self.request)}
        return super().get_form_kwargs() | {"user": self.request.user, "initial": initial}

    def perform(self, form: Any) -> Any:
        data = form.cleaned_data
        return create_office_feed(data.pop("branch"), **data, by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {
            "heading": _("New calendar of the office"),
            "subtitle": _("Times and initials only. It ends when you may no longer see these visits."),
            "cancel_url": reverse("scheduling:calendar-list"),
        }
        return super().get_context_data(**more, **kwargs)


class ClientCalendarCreate(MakeCalendar):
    form_class = ClientCalendarForm

    @cached_property
    def client(self) -> Client:
        return get_object_or_404(Client.objects.visible_to(self.request.user), pk=self.kwargs["pk"])  # type: ignore[arg-type]

    def perform(self, form: Any) -> Any:
        return create_client_feed(self.client, label=form.cleaned_data["label"], by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {
            "heading": _("Calendar of %(client)s") % {"client": self.client.full_name},
            "subtitle": _("Whoever knows the address reads when somebody comes and the caregiver's first name."),
            "cancel_url": reverse("scheduling:client-visits", args=[self.client.pk]),
        }
        return super().get_context_data(**more, **kwargs)


class CalendarRevoke(ActionView):
    model = CalendarFeed
    permission = "scheduling.change_calendarfeed"
    success_message = gettext_lazy("The calendar address no longer works.")

    def perform(self, obj: CalendarFeed) -> CalendarFeed:
        return revoke_one(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return reverse("scheduling:calendar-list")


class OfFamily(PermissionMixin):
    """The family's own clients and their addresses."""

    permission = PORTAL
    kwargs: dict[str, Any]

    @property
    def person(self) -> Any:
        return self.request.user

    @cached_property
    def client(self) -> Client:
        return get_object_or_404(Client.objects.visible_to(self.person), pk=self.kwargs["pk"])

    def feeds(self) -> Any:
        return CalendarFeed.objects.visible_to(self.person).live().filter(kind=CalendarFeed.Kind.CLIENT)

    def context(self) -> dict[str, Any]:
        by_client = {feed.client_id: feed for feed in self.feeds().filter(user=self.person)}
        clients = Client.objects.visible_to(self.person)
        return {"rows": [(client, by_client.get(client.pk)) for client in clients]}


class FamilyCalendar(OfFamily, Page):
    template_name = FAMILY_PAGE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.context(), **kwargs)


class FamilyCalendarCreate(OfFamily, View):
    """Makes the address for one client and shows it once."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        feed, secret = create_family_feed(self.client, by=self.person)
        return render(
            request, FAMILY_PAGE, {**self.context(), "address": address_of(secret), "made_for": feed.client_id}
        )


class FamilyCalendarRevoke(OfFamily, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        for feed in self.feeds().filter(user=self.person, client=self.client):
            revoke_one(feed, by=self.person)
        messages.success(request, _("The calendar address no longer works."))
        return HttpResponseRedirect(reverse("scheduling:family-calendar"))
