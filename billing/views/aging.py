"""Receivables by age."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Invoice
from billing.receivables import HEADINGS, AgingRow, aging, column_totals
from homecare.accounts.models import Branch
from homecare.clock import today
from homecare.views import Page


class AgingForm(forms.Form):
    by = forms.ChoiceField(
        label=gettext_lazy("Rows"), choices=[("client", gettext_lazy("Clients")), ("payer", gettext_lazy("Payers"))]
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Days since"),
        choices=[("due_on", gettext_lazy("Due date")), ("issued_on", gettext_lazy("Invoice date"))],
    )
    branch = forms.ModelChoiceField(
        label=gettext_lazy("Branch"), queryset=Branch.objects.none(), required=False, empty_label=gettext_lazy("All")
    )

    def __init__(self, data: Any, *, branches: Any):
        super().__init__({"by": "client", "basis": "due_on"} | data.dict())
        self.fields["branch"].queryset = branches  # type: ignore[attr-defined]


class Aging(Page):
    """Each amount opens its invoices."""

    permission = "billing.view_invoice"
    template_name = "billing/aging.html"

    def get_template_names(self) -> list[str]:
        return ["billing/_aging_table.html"] if self.request.htmx else [self.template_name]  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        branches = Branch.objects.visible_to(self.request.user).filter(is_active=True)  # type: ignore[arg-type]
        form = AgingForm(self.request.GET, branches=branches)
        form.is_valid()
        by = form.cleaned_data.get("by") or "client"
        basis = form.cleaned_data.get("basis") or "due_on"
        branch = form.cleaned_data.get("branch")
        first = branch or branches.first()
        invoices = Invoice.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        if branch:
            invoices = invoices.filter(branch=branch)
        rows = aging(invoices, today=today(first.time_zone if first else "UTC"), basis=basis, by=by)  # type: ignore[arg-type]
        base = {"basis": basis} | ({"branch": branch.pk} if branch else {})
        totals = [
            {"amount": amount, "url": _url(base | {"age": number})} for number, amount in enumerate(column_totals(rows))
        ]
        return super().get_context_data(
            form=form,
            headings=[_("%(days)s days") % {"days": heading} for heading in HEADINGS],
            rows=[_row(row, by, base) for row in rows],
            totals=totals,
            total=sum(row.total for row in rows),
            name=_("Client") if by == "client" else _("Payer"),
            **kwargs,
        )


def _url(query: dict[str, Any]) -> str:
    return reverse("billing:invoice-list") + "?" + urlencode(query)


def _row(row: AgingRow, by: str, base: dict[str, Any]) -> dict[str, Any]:
    mine = base | {by: row.key}
    cells = [{"amount": amount, "url": _url(mine | {"age": number})} for number, amount in enumerate(row.amounts)]
    url = reverse("billing:client-billing" if by == "client" else "billing:payer-detail", args=[row.key])
    return {"name": row.name, "url": url, "cells": cells, "total": row.total, "all": _url(mine | {"state": "open"})}
