"""The internal page that shows every component with sample data: where people who write pages look first.

Nothing on it touches the agency's records; its names and amounts are made up.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from django_htmx.http import trigger_client_event

from homecare.errors import toast
from homecare.status_looks import LOOKS
from homecare.views import PermissionMixin, form_ids

ROWS = 120


class SampleForm(forms.Form):
    """Every kind of field the product uses."""

    name = forms.CharField(label="Full name", max_length=60, help_text="As written on the insurance card.")
    born_on = forms.DateField(label="Date of birth", widget=forms.DateInput(attrs={"type": "date"}))
    role = forms.ChoiceField(label="Role", choices=[("", "Choose …"), ("psw", "PSW"), ("cna", "CNA")])
    language = forms.ChoiceField(
        label="Language", widget=forms.RadioSelect, choices=[("en", "English"), ("es", "Spanish")]
    )
    days = forms.MultipleChoiceField(
        label="Days",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("mon", "Monday"), ("tue", "Tuesday")],
    )
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    consent = forms.BooleanField(label="The client agrees to be photographed")


class SampleFilter(forms.Form):
    """A list's filters."""

    q = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    status = forms.ChoiceField(
        label="Status", required=False, choices=[("", "All"), ("planned", "Planned"), ("late", "Late")]
    )


def _visits(sort: str) -> list[SimpleNamespace]:
    monday = timezone.now().replace(hour=13, minute=0, second=0, microsecond=0)
    people = ["Maria Lopez", "Grace Mensah", "Walter O’Neill", "Anh Nguyen"]
    rows = []
    for number in range(ROWS):
        status = list(LOOKS)[number % len(LOOKS)]
        rows.append(
            SimpleNamespace(
                pk=number,
                client=people[number % 4],
                status=status,
                get_status_display=lambda word=status: word.replace("_", " ").capitalize(),
                starts_at=monday + dt.timedelta(hours=number),
                ends_at=monday + dt.timedelta(hours=number, minutes=45 + number),
                amount=Decimal(number * 37) / 4,
            )
        )
    key = sort.lstrip("-")
    if key in ("client", "starts_at", "amount"):
        rows.sort(key=lambda row: getattr(row, key), reverse=sort.startswith("-"))
    return rows


def _page(request: HttpRequest) -> Page:
    words = request.GET.get("q", "").lower()
    status = request.GET.get("status", "")
    rows = [row for row in _visits(request.GET.get("sort", "")) if words in row.client.lower()]
    rows = [row for row in rows if not status or row.status == status]
    return Paginator(rows, 8).get_page(request.GET.get("page"))


def _samples() -> dict[str, Any]:
    now = timezone.now()
    return {
        "statuses": [(word.replace("_", " ").capitalize(), word) for word in LOOKS],
        "tones": ["success", "info", "warning", "danger", "neutral"],
        "columns": [
            {"label": "Client", "sort": "client"},
            {"label": "When", "sort": "starts_at"},
            {"label": "Length"},
            {"label": "Status"},
            {"label": "Amount", "css": "num", "sort": "amount"},
        ],
        "facts": [("Born", "14 Mar 1941 (85)"), ("Phone", "(617) 555-0138"), ("Payer", "MassHealth"), ("Plan", None)],
        "actions": [
            {"label": "Edit", "url": "?show=form", "icon": "pencil", "dialog": True},
            {"label": "Add visit", "url": "?show=form", "icon": "plus", "primary": True, "dialog": True},
        ],
        "tabs": [
            {"label": "Plan", "url": "?tab=plan", "is_current": True},
            {"label": "Visits", "url": "?tab=visits", "count": 12},
            {"label": "Documents", "url": "?tab=documents", "count": 0},
        ],
        "timeline": [
            {"at": now, "title": "Visit finished", "text": "All tasks done.", "icon": "check", "tone": "success"},
            {
                "at": now - dt.timedelta(hours=3),
                "title": "Blood pressure 172/96",
                "icon": "heartbeat",
                "tone": "danger",
            },
            {"at": now - dt.timedelta(days=2), "title": "Plan version 2 active", "icon": "clipboard-check"},
        ],
        "now": now,
        "later": now + dt.timedelta(minutes=95),
        "price": Decimal("1240.5"),
    }


class ComponentsPage(PermissionMixin, TemplateView):
    """Shows the components; `?show=` answers the samples that htmx asks for."""

    permission = None
    template_name = "components/page.html"

    def has_permission(self) -> bool:
        return bool(self.request.user.is_staff)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        show = request.GET.get("show")
        if show == "form":
            return self._form(SampleForm(auto_id=form_ids(request)))
        if show == "toast":
            return toast(HttpResponse(status=204), _("Saved. Maria Lopez is told by text message."))
        if show == "refusal":
            return HttpResponse(status=409)
        if request.headers.get("HX-Target") == "sample-list":
            return render(request, "components/_sample_list.html", self.get_context_data())
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SampleForm(request.POST, auto_id=form_ids(request))
        if not form.is_valid():
            return self._form(form, status=422 if request.headers.get("HX-Request") else 200)
        if request.headers.get("HX-Request"):
            return trigger_client_event(toast(HttpResponse(status=204), _("Saved.")), "dialog:close")
        return HttpResponseRedirect(request.path)

    def _form(self, form: SampleForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "heading": "Sample form", "subtitle": "The same template is page and dialog."}
        return render(self.request, "form_page.html", context, status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = _page(self.request)
        return super().get_context_data(
            page_obj=page, rows=page.object_list, filter_form=SampleFilter(self.request.GET), **_samples(), **kwargs
        )
