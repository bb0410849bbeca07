from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.forms.client import ClientCreateForm, ClientFilter, ClientForm, StatusForm
from clients.models import CareTeamMember, Client, Diagnosis
from clients.services.client import NEEDS_REASON, change_status, create_client, update_client
from homecare.audit.services.event import record_view
from homecare.views import DetailPage, FormPage, ListPage

SORTS = {
    "number": ("number",),
    "name": ("last_name", "first_name", "id"),
    "status": ("status", "last_name", "id"),
    "town": ("town", "last_name", "id"),
    "since": ("started_on", "last_name", "id"),
}


class ClientList(ListPage):
    model = Client
    permission = "clients.view_client"
    filterset_class = ClientFilter
    template_name = "clients/client_list.html"
    fragment_name = "clients/_client_table.html"

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("branch").with_town()

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        wanted = self.request.GET.get("sort", "")
        fields = SORTS.get(wanted.lstrip("-"))
        if fields is None:
            return queryset
        return queryset.order_by(*(f"-{name}" for name in fields)) if wanted[0] == "-" else queryset.order_by(*fields)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = [
            {"label": _("Name"), "sort": "name"},
            {"label": _("Number"), "sort": "number"},
            {"label": _("Age"), "css": "num"},
            {"label": _("Status"), "sort": "status"},
            {"label": _("Town"), "sort": "town"},
            {"label": _("Client since"), "sort": "since"},
        ]
        return super().get_context_data(columns=columns, **kwargs)


class OneClient:
    """The client of a URL, among those this person sees."""

    request: Any
    kwargs: dict[str, Any]

    def get_client(self) -> Client:
        if not hasattr(self, "_client"):
            key = self.kwargs.get("client_pk") or self.kwargs["pk"]
            rows = Client.objects.visible_to(self.request.user).select_related("branch")
            self._client: Client = get_object_or_404(rows, pk=key)
        return self._client


class ClientDetail(DetailPage):
    """What a stranger needs to understand in a minute."""

    model = Client
    permission = "clients.view_client"
    template_name = "clients/client_detail.html"

    def get_queryset(self) -> QuerySet[Client]:
        team = CareTeamMember.objects.current().select_related("member__role").order_by("part", "member__last_name")
        return (
            super()
            .get_queryset()
            .select_related("branch", "referral")
            .prefetch_related(
                "addresses",
                "contacts",
                "allergies",
                Prefetch("diagnoses", Diagnosis.objects.filter(resolved_on=None)),
                Prefetch("care_team", team),
                "caregiver_preferences__member",
                "introductions__member",
            )
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record_view(self.object, by=self.request.user, what="summary")  # type: ignore[arg-type]
        return super().get_context_data(client=self.object, **kwargs)


class ClientCreate(FormPage):
    permission = "clients.add_client"
    form_class = ClientCreateForm
    template_name = "clients/client_form.html"
    success_message = gettext_lazy("The chart is open. Begin the assessment when the person agrees.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def perform(self, form: Any) -> Client:
        return create_client(
            branch=form.cleaned_data["branch"],
            by=self.request.user,  # type: ignore[arg-type]
            address=form.address(),
            **form.person(),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {
            "heading": _("New client"),
            "submit_label": _("Open the chart"),
            "cancel_url": reverse("clients:client-list"),
        }
        return super().get_context_data(**words, **kwargs)


class ClientUpdate(OneClient, FormPage):
    permission = "clients.change_client"
    form_class = ClientForm
    template_name = "clients/client_form.html"
    success_message = gettext_lazy("Saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.get_client()}

    def perform(self, form: Any) -> Client:
        return update_client(self.get_client(), by=self.request.user, **form.cleaned_data)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        client = Client.objects.visible_to(self.request.user).get(pk=self.get_client().pk)
        return super().get_context_data(
            client=client,
            heading=_("Edit %(name)s") % {"name": client.full_name},
            cancel_url=client.get_absolute_url(),
            **kwargs,
        )


class ClientStatus(OneClient, FormPage):
    """Moves a client along one arrow; ?to= says which. Arrows with a reason show a form first."""

    permission = "clients.change_client"
    form_class = StatusForm

    def target(self) -> Client.Status:
        try:
            return Client.Status(self.request.GET.get("to", ""))
        except ValueError:
            raise Http404 from None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "needs_reason": self.target() in NEEDS_REASON}

    def perform(self, form: Any) -> Client:
        return change_status(self.get_client(), self.target(), by=self.request.user, reason=form.cleaned_data["reason"])

    def get_success_url(self) -> str:
        return self.get_client().get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        client, target = self.get_client(), self.target()
        words = {"name": client.full_name, "status": target.label.lower()}
        return super().get_context_data(
            heading=_("%(name)s: %(status)s") % words,
            subtitle=_("Whoever opens the chart reads this reason.") if target in NEEDS_REASON else "",
            submit_label=_("Change status"),
            cancel_url=client.get_absolute_url(),
            danger=target in {Client.Status.DISCHARGED, Client.Status.DECLINED},
            **kwargs,
        )
