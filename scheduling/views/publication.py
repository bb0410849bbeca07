"""Publishing the plan: up to which day, what it brings whom, who has seen it; the phone's word that it was seen."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from homecare.accounts.branch_choice import current_branch
from homecare.accounts.models import Branch
from homecare.audit.services.event import record_view
from homecare.clock import local_date, monday_of, today
from homecare.errors import DomainError
from homecare.views import ActionView, DetailPage, FormPage, ListPage
from scheduling.forms.fields import day_field
from scheduling.models import Publication
from scheduling.services.publication import (
    mark_seen,
    preview_publication,
    publish_at_once,
    publish_visits,
    remind_unseen,
)
from scheduling.views.phone import CaregiverMixin

CHANGE = "scheduling.change_schedule"


class PublicationForm(forms.Form):
    branch = forms.ModelChoiceField(Branch.objects.none(), label=gettext_lazy("Branch"), empty_label=None)
    last_on = day_field(gettext_lazy("Show visits up to"), help_text=gettext_lazy("This day included."))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = Branch.objects.visible_to(user).filter(is_active=True)  # type: ignore[attr-defined]


class PublicationList(ListPage):
    """What was published when, how many have seen it; and which branches hold anything back."""

    model = Publication
    permission = CHANGE
    template_name = "scheduling/publication_list.html"
    fragment_name = "scheduling/_publication_table.html"

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(branch=branch) if branch else queryset
        counted = queryset.select_related("branch", "by").annotate(
            asked=Publication.count_receipts(), seen=Publication.count_receipts(seen=True)
        )
        return counted.order_by("-at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        branches = Branch.objects.visible_to(self.request.user).filter(is_active=True)  # type: ignore[arg-type]
        shown = [(branch, _last_day_shown(branch)) for branch in branches.order_by("name")]
        return super().get_context_data(branches=shown, **kwargs)


def _last_day_shown(branch: Branch) -> dt.date | None:
    """None when the branch holds nothing back."""
    until = branch.published_until
    return None if until is None else local_date(until - dt.timedelta(seconds=1), branch.time_zone)


class PublicationCreate(FormPage):
    """Chooses a day; `?preview` answers with what it would bring each caregiver."""

    permission = CHANGE
    form_class = PublicationForm
    template_name = "scheduling/publication_form.html"
    success_message = gettext_lazy("The visits are published. Everybody concerned is told once.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        branches = Branch.objects.visible_to(self.request.user).filter(is_active=True)  # type: ignore[arg-type]
        branch = current_branch(self.request) or branches.order_by("name").first()
        here = today(branch.time_zone if branch else "UTC")
        last_on = monday_of(here) + dt.timedelta(days=13)
        if branch is not None and branch.published_until is not None:  # a week more than they see already
            last_on = max(last_on, local_date(branch.published_until, branch.time_zone) + dt.timedelta(days=6))
        return {"branch": branch, "last_on": last_on}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "preview" not in request.GET:
            return super().post(request, *args, **kwargs)
        form = self.get_form()
        if not form.is_valid():
            return render(request, "scheduling/_preview_waiting.html", {"form": form, "lines": []})
        try:
            rows = preview_publication(form.cleaned_data["branch"], form.cleaned_data["last_on"])
        except DomainError as error:
            return render(request, "scheduling/_preview_waiting.html", {"sentence": error.message})
        return render(request, "scheduling/_publication_preview.html", {"rows": rows})

    def perform(self, form: Any) -> Publication:
        return publish_visits(form.cleaned_data["branch"], form.cleaned_data["last_on"], by=self.request.user)  # type: ignore[arg-type]


class PublicationDetail(DetailPage):
    """Who has seen it and who has not."""

    model = Publication
    permission = CHANGE
    template_name = "scheduling/publication_detail.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("branch", "by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record_view(self.object, by=self.request.user, what="publication")  # type: ignore[arg-type]
        receipts = list(self.object.receipts.select_related("member"))
        receipts.sort(key=lambda row: row.seen_at is not None)
        unseen = sum(row.seen_at is None for row in receipts)
        return super().get_context_data(
            publication=self.object, receipts=receipts, unseen=unseen, zone=self.object.branch.time_zone, **kwargs
        )


class PublicationRemind(ActionView):
    model = Publication
    permission = CHANGE

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("branch")

    def perform(self, obj: Any) -> Publication:
        told = remind_unseen(obj, by=self.request.user)  # type: ignore[arg-type]
        text = ngettext("%(count)s caregiver is reminded.", "%(count)s caregivers are reminded.", told)
        none = _("Nobody is left to remind today.")
        messages.success(self.request, text % {"count": told} if told else none)
        return obj


class PublicationEnd(ActionView):
    """Every visit is shown at once again."""

    model = Branch
    permission = CHANGE
    success_message = gettext_lazy("Every visit is shown to its caregiver at once.")

    def perform(self, obj: Any) -> Branch:
        return publish_at_once(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return reverse("scheduling:publication-list")


class PhonePlanSeen(CaregiverMixin, View):
    """The caregiver says: I have seen my visits."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        mark_seen(self.member, by=self.person)
        messages.success(request, _("Thank you. The office knows that you have seen your visits."))
        return HttpResponseRedirect(reverse("scheduling:phone-week"))
