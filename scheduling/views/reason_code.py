"""The tables of reason codes, under settings."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.csv_export import csv_response
from homecare.stale import RefuseStale
from homecare.views import FormPage, Page, ScopedMixin
from scheduling.forms.reason_code import ImportForm, ReasonCodeForm
from scheduling.models import ReasonCode
from scheduling.services.reason_code import COLUMNS, add_code, change_code, import_codes

SETTINGS = "accounts.change_agency"
HERE = reverse_lazy("scheduling:reason-code-list")


class ReasonCodeList(Page):
    """Every table with its codes; `?export=csv` is a file that can be read in again."""

    permission = SETTINGS
    template_name = "scheduling/reason_code_list.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("export") != "csv":
            return super().get(request, *args, **kwargs)
        rows = ReasonCode.objects.visible_to(request.user)  # type: ignore[arg-type]
        lines = (
            [one.set_name, one.code, one.text, one.kind, "yes" if one.needs_memo else "", " ".join(one.suggests)]
            for one in rows
        )
        return csv_response("reason-codes.csv", COLUMNS, lines)  # type: ignore[return-value]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = ReasonCode.objects.visible_to(self.request.user).order_by("set_name", "-kind", "code")  # type: ignore[arg-type]
        sets = [(name, list(codes)) for name, codes in groupby(rows, key=lambda one: one.set_name)]
        return super().get_context_data(sets=sets, **kwargs)


class ReasonCodeCreate(FormPage):
    permission = SETTINGS
    form_class = ReasonCodeForm
    success_url = HERE
    success_message = gettext_lazy("The code is added.")

    def perform(self, form: Any) -> ReasonCode:
        return add_code(by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=_("A reason code"), cancel_url=HERE, **kwargs)


class ReasonCodeUpdate(RefuseStale, FormPage):
    permission = SETTINGS
    form_class = ReasonCodeForm
    success_url = HERE
    success_message = gettext_lazy("The code is changed.")

    @cached_property
    def row(self) -> ReasonCode:
        return ScopedMixin.scoped_object(self, pk=self.kwargs["pk"])  # type: ignore[arg-type]

    def get_queryset(self) -> Any:
        return ReasonCode.objects.visible_to(self.request.user)  # type: ignore[arg-type]

    @property
    def guarded(self) -> ReasonCode:
        return self.row

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.row}

    def perform(self, form: Any) -> ReasonCode:
        return change_code(self.row, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=str(self.row), subtitle=self.row.set_name, cancel_url=HERE, **kwargs)


class ReasonCodeImport(FormPage):
    """Reads a payer's table from a file: all of it, or nothing."""

    permission = SETTINGS
    form_class = ImportForm
    success_url = HERE

    def perform(self, form: Any) -> Any:
        done = import_codes(form.cleaned_data["file"], by=self.request.user)  # type: ignore[arg-type]
        words = _("%(added)s codes added, %(changed)s changed.") % done._asdict()
        messages.success(self.request, words)
        return done

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Import reason codes"), submit_label=_("Import"), cancel_url=HERE, **kwargs
        )
