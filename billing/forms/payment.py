from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import django_filters
from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.forms.invoice import BranchFilterSet, branches_of, payers_of
from billing.forms.payer import laid_out
from billing.models import Invoice, Payment
from clients.forms.fields import DayInput

AUTO, CHOSEN, CREDIT = "auto", "chosen", "credit"
HOW = [(AUTO, _("Oldest due first")), (CHOSEN, _("As typed beside each invoice")), (CREDIT, _("Keep as credit"))]


class PaymentFilter(BranchFilterSet):
    q = django_filters.CharFilter(
        label=_("Search"),
        method="search",
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": _("Reference, client or invoice")}
        ),
    )
    method = django_filters.ChoiceFilter(label=_("Method"), choices=Payment.Method.choices, empty_label=_("All"))
    payer = django_filters.ModelChoiceFilter(label=_("Payer"), queryset=payers_of, empty_label=_("All"))
    branch = django_filters.ModelChoiceFilter(label=_("Branch"), queryset=branches_of, empty_label=_("All"))
    credit = django_filters.BooleanFilter(label=_("With credit left"), method="with_credit", widget=forms.CheckboxInput)

    class Meta:
        model = Payment
        fields = ["q", "method", "payer", "branch", "credit"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(
            Q(reference__icontains=value)
            | Q(client__last_name__icontains=value)
            | Q(client__first_name__icontains=value)
            | Q(pk__in=Payment.objects.filter(allocations__invoice__number__icontains=value).values("pk"))
        )

    def with_credit(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(unapplied__gt=0) if value else queryset


class AllocationFields(forms.Form):
    """Amounts for open invoices, one field each (`invoice-<id>`), and how the money is given to them."""

    how = forms.ChoiceField(label=_("Settle invoices"), choices=HOW, initial=AUTO, widget=forms.RadioSelect)

    def __init__(self, *args: Any, invoices: list[Invoice], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.invoices = invoices
        for invoice in invoices:
            self.fields[f"invoice-{invoice.pk}"] = forms.DecimalField(
                label=_("Amount for %(number)s") % {"number": invoice.number},
                required=False, min_value=Decimal("0"), max_digits=12, decimal_places=2,
                widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal", "class": "form-control"}),
            )  # fmt: skip

    def rows(self) -> list[dict[str, Any]]:
        """Each open invoice beside its field."""
        return [{"invoice": invoice, "field": self[f"invoice-{invoice.pk}"]} for invoice in self.invoices]

    def allocations(self) -> dict[int, Decimal] | None:
        how = self.cleaned_data["how"]
        if how == AUTO:
            return None
        if how == CREDIT:
            return {}
        typed = {invoice.pk: self.cleaned_data[f"invoice-{invoice.pk}"] for invoice in self.invoices}
        return {pk: amount for pk, amount in typed.items() if amount}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_typed = any(data.get(f"invoice-{invoice.pk}") for invoice in self.invoices)
        if data.get("how") in (AUTO, CREDIT) and is_typed:
            self.add_error("how", _("You typed amounts beside invoices. Choose “As typed”, or clear them."))
        if data.get("how") == CHOSEN and not is_typed:
            self.add_error("how", _("Type an amount beside at least one invoice, or keep the money as credit."))
        return data


class PaymentForm(AllocationFields):
    """Money received from one payer, for one client where it is theirs."""

    amount = forms.DecimalField(
        label=_("Amount, $"), min_value=Decimal("0.01"), max_digits=12, decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
    )  # fmt: skip
    received_on = forms.DateField(label=_("Received on"), widget=DayInput())
    method = forms.ChoiceField(label=_("Method"), choices=Payment.Method.choices)
    reference = forms.CharField(
        label=_("Reference"), required=False, max_length=60, help_text=_("Check number or transfer reference.")
    )
    submission_key = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)
    field_order = ["submission_key", "amount", "received_on", "method", "reference", "how"]

    @property
    def helper(self) -> FormHelper:
        return laid_out("submission_key", ("amount", "received_on"), ("method", "reference"), "how")
