"""Webhooks in the settings: the list, one endpoint with its delivery log, its secret, and its verbs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from homecare.views import ActionView, FormPage, ListPage
from homecare.webhooks.forms import DispatchFilter, EndpointForm
from homecare.webhooks.kinds import choices
from homecare.webhooks.models import Dispatch, Endpoint
from homecare.webhooks.services.dispatch import redeliver, redeliver_failed
from homecare.webhooks.services.endpoint import (
    create_endpoint,
    ping_endpoint,
    remove_endpoint,
    rotate_secret,
    switch_endpoint,
    update_endpoint,
)

VIEW, ADD, CHANGE = "webhooks.view_endpoint", "webhooks.add_endpoint", "webhooks.change_endpoint"


def _columns(*labels: Any) -> list[dict[str, Any]]:
    return [{"label": label} for label in labels]


class EndpointList(ListPage):
    model = Endpoint
    permission = VIEW
    template_name = "webhooks/endpoint_list.html"
    fragment_name = "webhooks/_endpoint_table.html"

    def rows(self, queryset: Any) -> Any:
        waiting = Count("dispatches", filter=Q(dispatches__status=Dispatch.Status.WAITING))
        failed = Count("dispatches", filter=Q(dispatches__status=Dispatch.Status.FAILED))
        counted = queryset.annotate(waiting=waiting, given_up=failed, last_at=Max("dispatches__delivered_at"))
        return counted.select_related("branch").order_by("name", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = _columns(_("Name"), _("State"), _("Branch"), _("Waiting"), _("Given up"), _("Last delivered"))
        return super().get_context_data(columns=columns, **kwargs)


def _with_secret(request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
    return render(request, "webhooks/secret.html", {"endpoint": endpoint, "secret": secret})


class EndpointCreate(FormPage):
    """Makes an endpoint and shows its secret this one time."""

    permission = ADD
    form_class = EndpointForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def perform(self, form: Any) -> Any:
        return create_endpoint(**form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]

    def succeed(self) -> HttpResponse:
        return _with_secret(self.request, *self.result)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {
            "title": _("New webhook"),
            "subtitle": _("Another program is told what happens to visits: ids, times and states, never a name."),
            "submit_label": _("Make the webhook"),
            "cancel_url": reverse("webhooks:endpoint-list"),
        }
        return super().get_context_data(**more, **kwargs)


class OneEndpoint:
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def endpoint(self) -> Endpoint:
        rows = Endpoint.objects.visible_to(self.request.user).select_related("branch", "created_by")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["pk"])


class EndpointUpdate(OneEndpoint, FormPage):
    permission = CHANGE
    form_class = EndpointForm
    success_message = gettext_lazy("The webhook is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        row = self.endpoint
        initial = {"name": row.name, "url": row.url, "kinds": row.kinds, "branch": row.branch_id}
        return {**super().get_form_kwargs(), "user": self.request.user, "initial": initial}

    def perform(self, form: Any) -> Endpoint:
        return update_endpoint(self.endpoint, **form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        url = self.endpoint.get_absolute_url()
        return super().get_context_data(title=self.endpoint.name, cancel_url=url, **kwargs)


class EndpointDetail(OneEndpoint, ListPage):
    """One endpoint with its delivery log."""

    model = Dispatch
    permission = VIEW
    filterset_class = DispatchFilter
    template_name = "webhooks/endpoint_detail.html"
    fragment_name = "webhooks/_dispatch_table.html"

    def rows(self, queryset: Any) -> Any:
        return queryset.filter(endpoint=self.endpoint).select_related("message").order_by("-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        endpoint = self.endpoint
        labels = dict(choices())
        return super().get_context_data(
            endpoint=endpoint,
            kinds=[labels.get(kind, kind) for kind in endpoint.kinds],
            columns=_columns(_("Event"), _("When"), _("State"), _("Tries"), _("Last answer"), _("Again")),
            may_change=self.request.user.has_perm(CHANGE),
            given_up=endpoint.dispatches.filter(status=Dispatch.Status.FAILED).count(),
            **kwargs,
        )


class EndpointVerb(ActionView):
    model = Endpoint
    permission: Any = CHANGE

    def get_success_url(self, result: Any) -> str:
        return reverse("webhooks:endpoint-detail", args=[self.kwargs["pk"]])


class EndpointRotate(EndpointVerb):
    """A new secret, shown this one time."""

    def perform(self, obj: Endpoint) -> Any:
        return rotate_secret(obj, by=self.request.user)  # type: ignore[arg-type]

    def respond(self, result: Any) -> HttpResponse:
        return _with_secret(self.request, *result)


class EndpointPing(EndpointVerb):
    success_message = gettext_lazy("A test message is on its way. Reload in a moment to see the answer.")

    def perform(self, obj: Endpoint) -> Any:
        return ping_endpoint(obj, by=self.request.user)  # type: ignore[arg-type]


class EndpointSwitch(EndpointVerb):
    def perform(self, obj: Endpoint) -> Endpoint:
        on = self.kwargs["on"]
        messages.success(self.request, _("The webhook is on.") if on else _("The webhook is off; events pass it by."))
        return switch_endpoint(obj, on=on, by=self.request.user)  # type: ignore[arg-type]


class EndpointRedeliver(EndpointVerb):
    """Everything that was given up is sent again."""

    def perform(self, obj: Endpoint) -> Any:
        count = redeliver_failed(obj, by=self.request.user)  # type: ignore[arg-type]
        text = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
        messages.success(self.request, text % {"count": count})
        return obj


class EndpointRemove(EndpointVerb):
    permission = "webhooks.delete_endpoint"
    success_message = gettext_lazy("The webhook and its log are removed.")

    def perform(self, obj: Endpoint) -> Any:
        remove_endpoint(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return str(reverse_lazy("webhooks:endpoint-list"))


class DispatchRedeliver(ActionView):
    model = Dispatch
    permission = CHANGE
    success_message = gettext_lazy("The message is sent again.")

    def perform(self, obj: Dispatch) -> Dispatch:
        return redeliver(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return reverse("webhooks:endpoint-detail", args=[result.endpoint_id])
