"""Who of one home shares a visit, or a pattern's visits, and how they share its time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clients.models import Client
from homecare.audit.services.event import record_view
from homecare.views import FormPage
from scheduling.forms.sharing import PartsForm, ScheduleShareForm, VisitShareForm
from scheduling.homes import housemates
from scheduling.models import Schedule, Visit
from scheduling.services.sharing import set_parts, share_schedule, share_visit
from scheduling.views.schedule_form import SchedulePage
from scheduling.views.visit_change import ChangePage


def seen_housemates(client: Client, user: Any) -> list[Client]:
    """Those whom this person may see."""
    rows = housemates(client)
    seen = set(Client.objects.visible_to(user).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    return [row for row in rows if row.pk in seen]


class VisitShare(ChangePage):
    """One more client of the home comes to this visit."""

    form_class = VisitShareForm
    template_name = "scheduling/share_form.html"
    success_message = gettext_lazy("The visit is shared.")
    extra_context = {"heading": gettext_lazy("Share the visit"), "submit_label": gettext_lazy("Share the visit")}

    @cached_property
    def housemates(self) -> list[Client]:
        there = {self.visit.client_id, *self.visit.sharing.values_list("client_id", flat=True)}
        return [row for row in seen_housemates(self.visit.client, self.request.user) if row.pk not in there]

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = FormPage.get_form_kwargs(self)
        return kwargs | {"housemates": self.housemates, "initial": {"service_type": self.visit.service_type_id}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(housemates=self.housemates, client=self.visit.client, **kwargs)

    def perform(self, form: Any) -> Visit:
        share_visit(
            self.visit,
            form.share,
            by=self.request.user,  # type: ignore[arg-type]
            override_reason=form.cleaned_data["override_reason"],
        )
        return Visit.objects.with_people().get(pk=self.visit.pk)


class VisitParts(ChangePage):
    """How the clients of a shared visit share its time."""

    form_class = PartsForm
    success_message = gettext_lazy("The parts of the time are changed.")
    extra_context = {"heading": gettext_lazy("Share the time"), "submit_label": gettext_lazy("Save")}

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = FormPage.get_form_kwargs(self)
        others = self.visit.sharing.select_related("client")
        return kwargs | {"visits": [self.visit, *others]}

    def perform(self, form: Any) -> Visit:
        set_parts(self.visit, form.weights, by=self.request.user)  # type: ignore[arg-type]
        return self.visit


class ScheduleShare(SchedulePage, FormPage):
    """Who of the home shares the pattern's visits from now on."""

    permission = "scheduling.change_schedule"
    form_class = ScheduleShareForm
    template_name = "scheduling/share_form.html"
    extra_context = {
        "heading": gettext_lazy("Who shares these visits?"),
        "submit_label": gettext_lazy("Save"),
    }

    @cached_property
    def housemates(self) -> list[Client]:
        held = [row.client for row in self.schedule.sharers.select_related("client")]
        found = {row.pk: row for row in [*seen_housemates(self.client, self.request.user), *held]}
        return list(found.values())

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"schedule": self.schedule, "housemates": self.housemates}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record_view(self.client, by=self.request.user, what="schedule")  # type: ignore[arg-type]
        return super().get_context_data(
            subtitle=f"{self.client.full_name} · {self.schedule.sentence}",
            cancel_url=self.schedule.get_absolute_url(),
            housemates=self.housemates,
            client=self.client,
            **kwargs,
        )

    def perform(self, form: Any) -> Schedule:
        result = share_schedule(
            self.schedule,
            form.shares,
            own_weight=form.cleaned_data["own_weight"],
            by=self.request.user,  # type: ignore[arg-type]
            override_reason=form.cleaned_data["override_reason"],
        )
        count = result.made + result.cancelled
        text = ngettext("%(n)s visit is made or cancelled.", "%(n)s visits are made or cancelled.", count)
        messages.success(self.request, _("Saved. %(visits)s") % {"visits": text % {"n": count}})
        return self.schedule
