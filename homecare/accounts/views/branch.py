"""Branches: the list, one branch with its holidays, and the switch in the top bar."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views import View

from homecare.accounts.branch_choice import SESSION_KEY
from homecare.accounts.forms.branch import BranchForm, HolidayForm
from homecare.accounts.models import Branch, Holiday
from homecare.accounts.services.branch import add_holiday, remove_holiday, save_branch
from homecare.audit.models import Event
from homecare.errors import safe_back
from homecare.stale import RefuseStale
from homecare.views import ActionView, FormPage, ListPage, PermissionMixin


class BranchList(ListPage):
    model = Branch
    permission = "accounts.view_branch"
    template_name = "accounts/branch_list.html"
    fragment_name = "accounts/_branch_table.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = [_("Name"), _("Code"), _("Time zone"), _("Licence"), _("State")]
        return super().get_context_data(columns=[{"label": label} for label in labels], **kwargs)


class BranchCreate(FormPage):
    permission = "accounts.add_branch"
    form_class = BranchForm
    success_message = _("The branch is added.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": Branch()}

    def perform(self, form: Any) -> Any:
        return save_branch(Branch(), form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return reverse("accounts:branch-update", args=[self.result.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        cancel = reverse("accounts:branch-list")
        return super().get_context_data(title=_("New branch"), cancel_url=cancel, **kwargs)


class BranchUpdate(RefuseStale, FormPage):
    permission = "accounts.change_branch"
    form_class = BranchForm
    template_name = "accounts/branch_update.html"
    success_message = _("The branch is saved.")

    @cached_property
    def branch(self) -> Branch:
        mine = Branch.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        return get_object_or_404(mine, pk=self.kwargs["pk"])

    @property
    def guarded(self) -> Branch:
        return self.branch

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.branch}

    def perform(self, form: Any) -> Any:
        return save_branch(self.branch, form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return reverse("accounts:branch-update", args=[self.branch.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        events = Event.objects.visible_to(self.request.user).about(self.branch).select_related("user")[:10]  # type: ignore[arg-type]
        return super().get_context_data(
            branch=self.branch,
            holidays=self.branch.holidays.all(),
            holiday_form=HolidayForm(prefix="holiday"),
            events=events,
            title=Branch.objects.get(pk=self.branch.pk).name,
            **kwargs,
        )


class HolidayAdd(FormPage):
    permission = "accounts.change_branch"
    form_class = HolidayForm
    prefix = "holiday"
    success_message = _("The holiday is added.")

    def perform(self, form: Any) -> Any:
        mine = Branch.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        branch = get_object_or_404(mine, pk=self.kwargs["pk"])
        return add_holiday(branch, form.cleaned_data["on"], form.cleaned_data["name"], by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return reverse("accounts:branch-update", args=[self.kwargs["pk"]])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=_("Add a holiday"), cancel_url=self.get_success_url(), **kwargs)


class HolidayRemove(ActionView):
    model = Holiday
    permission = "accounts.change_branch"
    success_message = _("The holiday is removed.")

    def perform(self, obj: Any) -> Any:
        self.branch_id = obj.branch_id
        remove_holiday(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return reverse("accounts:branch-update", args=[self.branch_id])


class BranchSwitch(PermissionMixin, View):
    """Remembers in the session to which branch the person narrows their lists; empty means all of theirs."""

    permission = "accounts.see_branch_rows"
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = request.POST.get("branch", "")
        mine = Branch.objects.visible_to(request.user)  # type: ignore[arg-type]
        request.session.pop(SESSION_KEY, None)
        if chosen.isdecimal() and mine.filter(pk=int(chosen)).exists():
            request.session[SESSION_KEY] = int(chosen)
        return HttpResponseRedirect(safe_back(request, reverse("home")))
