from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Payer
from billing.receivables import COLUMNS, days_of
from billing.services.invoice_run import RunScope
from clients.forms.fields import DayInput
from homecare.accounts.models import Branch, User
from homecare.clock import today


def branches_of(request: Any) -> QuerySet[Branch]:
    return Branch.objects.visible_to(request.user).filter(is_active=True) if request else Branch.objects.none()


def payers_of(request: Any) -> QuerySet[Payer]:
    return Payer.objects.visible_to(request.user) if request else Payer.objects.none()


class BranchFilterSet(django_filters.FilterSet):
    """Offers a choice of branch to those alone who have one."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        user = getattr(self.request, "user", None)
        if user is not None and not user.all_branches and len(user.branch_ids) < 2:
            self.filters.pop("branch", None)


class InvoiceFilter(BranchFilterSet):
    """Filters of the list; client, age, basis and run come from links of other pages."""

    STATES = [
        ("draft", _("Draft")),
        ("open", _("Open")),
        ("overdue", _("Overdue")),
        ("paid", _("Paid")),
        ("void", _("Void")),
    ]
    q = django_filters.CharFilter(
        label=_("Search"),
        method="search",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("Number or client")}),
    )
    state = django_filters.ChoiceFilter(label=_("Status"), choices=STATES, method="in_state", empty_label=_("All"))
    payer = django_filters.ModelChoiceFilter(label=_("Payer"), queryset=payers_of, empty_label=_("All"))
    branch = django_filters.ModelChoiceFilter(label=_("Branch"), queryset=branches_of, empty_label=_("All"))
    client = django_filters.NumberFilter(field_name="client_id", widget=forms.HiddenInput)
    basis = django_filters.ChoiceFilter(
        choices=[("due_on", ""), ("issued_on", "")], method="keep", widget=forms.HiddenInput
    )
    age = django_filters.ChoiceFilter(
        choices=[(str(number), "") for number in range(len(COLUMNS))], method="of_age", widget=forms.HiddenInput
    )
    run = django_filters.UUIDFilter(field_name="run__public_id", widget=forms.HiddenInput)

    class Meta:
        model = Invoice
        fields = ["q", "state", "payer", "branch", "client", "basis", "age", "run"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(
            Q(number__icontains=value) | Q(client__last_name__icontains=value) | Q(client__first_name__icontains=value)
        )

    def keep(self, queryset: Any, name: str, value: str) -> Any:
        """The basis alone filters nothing; `of_age` reads it."""
        return queryset

    def in_state(self, queryset: Any, name: str, value: str) -> Any:
        if value in ("draft", "void"):
            return queryset.filter(status=value)
        issued = queryset.filter(status=Invoice.Status.ISSUED)
        if value == "paid":
            return issued.filter(paid__gte=F("total"))
        unpaid = issued.filter(paid__lt=F("total"))
        return unpaid if value == "open" else unpaid.filter(due_on__lt=_today(self.request))

    def of_age(self, queryset: Any, name: str, value: str) -> Any:
        """Open invoices of one aging column."""
        basis = "issued_on" if self.data.get("basis") == "issued_on" else "due_on"
        first, last = days_of(int(value))
        rows = queryset.filter(status=Invoice.Status.ISSUED, paid__lt=F("total"))
        day = _today(self.request)
        if first is not None:
            rows = rows.filter(**{f"{basis}__lte": day - dt.timedelta(days=first)})
        if last is not None:
            rows = rows.filter(**{f"{basis}__gte": day - dt.timedelta(days=last)})
        return rows


def _today(request: Any) -> dt.date:
    """The present day where the person's first branch is."""
    branch = branches_of(request).first()
    return today(branch.time_zone if branch else "UTC")


class RunForm(forms.Form):
    """What an invoice run covers."""

    branch = forms.ModelChoiceField(label=_("Branch"), queryset=Branch.objects.none(), empty_label=None)
    period_from = forms.DateField(label=_("Care from"), widget=DayInput())
    period_to = forms.DateField(label=_("Care to"), widget=DayInput())
    payer = forms.ModelChoiceField(
        label=_("Payer"), queryset=Payer.objects.none(), required=False, empty_label=_("All payers")
    )
    issue_now = forms.BooleanField(label=_("Issue at once, with numbers"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = Branch.objects.visible_to(user).filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["payer"].queryset = Payer.objects.visible_to(user).filter(is_active=True)  # type: ignore[attr-defined]
        if not user.has_perm("billing.issue_invoice"):
            del self.fields["issue_now"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("period_from"), data.get("period_to")
        if first and last and last < first:
            self.add_error("period_to", _("The period ends before it begins. Check the two dates."))
        return data

    def scope(self) -> RunScope:
        data = self.cleaned_data
        return RunScope(
            data["branch"], data["period_from"], data["period_to"], data["payer"], data.get("issue_now", False)
        )


class DraftForm(forms.Form):
    """One client's invoice by hand."""

    payer = forms.ModelChoiceField(label=_("Payer"), queryset=Payer.objects.none(), empty_label=None)
    period_from = forms.DateField(label=_("Care from"), widget=DayInput())
    period_to = forms.DateField(label=_("Care to"), widget=DayInput())

    def __init__(self, *args: Any, payers: QuerySet[Payer], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["payer"].queryset = payers  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Kept with it for good."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class EmailForm(forms.Form):
    to = forms.EmailField(
        label=_("Send to"), help_text=_("They get a link that works for 60 days. The mail names no client.")
    )
