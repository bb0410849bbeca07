from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare import clock
from homecare.views import FormPage
from staff.forms.availability import WeekForm
from staff.models import Availability, Member
from staff.models.availability import Weekday
from staff.services.availability import set_week


class AvailabilityUpdate(FormPage):
    """The week editor. Buttons named `act` change lines and save nothing; every one also works without scripts."""

    permission = "staff.change_availability"
    form_class = WeekForm
    template_name = "staff/availability_form.html"
    success_message = gettext_lazy("Weekly hours saved.")

    @property
    def member(self) -> Member:
        if not hasattr(self, "_member"):
            rows = Member.objects.visible_to(self.request.user).select_related("branch")  # type: ignore[arg-type]
            self._member = get_object_or_404(rows, pk=self.kwargs["member_pk"])
        return self._member

    def get_form(self, form_class: Any = None) -> WeekForm:
        if self.request.method == "POST":
            return WeekForm(self.request.POST)
        today = clock.today(self.member.branch.time_zone)
        lines = Availability.objects.filter(member=self.member).in_force(today, today)
        return WeekForm(lines=lines.values_list("weekday", "starts", "ends"), initial={"since": today})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        act = request.POST.get("act", "")
        if not act:
            return super().post(request, *args, **kwargs)
        form = self.get_form()
        form.change(act, request.POST)
        template = "staff/_availability_week.html" if request.htmx else self.template_name  # type: ignore[attr-defined]
        return render(request, template, self.get_context_data(form=form, unchecked=True))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        heading = _("Weekly hours of %(name)s") % {"name": self.member.full_name}
        return super().get_context_data(
            heading=heading, member=self.member, weekdays=Weekday.choices, cancel_url=self.get_success_url(), **kwargs
        )

    def perform(self, form: WeekForm) -> list[Availability]:
        data = form.cleaned_data
        return set_week(self.member, data["lines"], since=data["since"], by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return self.member.get_absolute_url() + "?tab=availability"
