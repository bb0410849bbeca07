"""Money received: whose it is, what it settles, what is left of it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, Min, Prefetch, Q, Sum
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.forms.invoice import ReasonForm
from billing.forms.payment import AllocationFields, PaymentFilter, PaymentForm
from billing.models import Allocation, Invoice, Payer, Payment
from billing.services.payment import apply_credit, open_invoices, record_payment, void_payment
from clients.models import Client
from homecare.accounts.models import Branch
from homecare.audit.models import Event
from homecare.clock import today
from homecare.money import ZERO
from homecare.views import DetailPage, FormPage, ListPage, ScopedMixin

ACCOUNTS_SHOWN = 30


class PaymentList(ListPage):
    model = Payment
    permission = "billing.view_payment"
    filterset_class = PaymentFilter
    template_name = "billing/payment_list.html"
    fragment_name = "billing/_payment_table.html"

    def rows(self, queryset: Any) -> Any:
        return queryset.with_unapplied().select_related("payer", "client", "branch").order_by("-received_on", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        live = self.object_list.filter(voided_at=None).order_by()  # type: ignore[attr-defined]
        sums = live.aggregate(received=Sum("amount"), credit=Sum("unapplied"))
        columns = [
            {"label": _("Received")},
            {"label": _("From")},
            {"label": _("Method")},
            {"label": _("Status")},
            {"label": _("Amount"), "css": "num"},
            {"label": _("Credit left"), "css": "num"},
        ]
        sums = {name: amount or ZERO for name, amount in sums.items()}
        return super().get_context_data(columns=columns, sums=sums, **kwargs)


class PaymentCreate(FormPage):
    """First whose money it is (search), then amount and invoices: both steps are this one address."""

    permission = "billing.add_payment"
    form_class = PaymentForm
    template_name = "billing/payment_form.html"
    success_message = gettext_lazy("The payment is recorded.")

    def get_account(self) -> dict[str, Any] | None:
        """Payer, client and branch of the address; None while nobody is chosen."""
        if not hasattr(self, "_account"):
            self._account = self._find_account()
        return self._account

    def _find_account(self) -> dict[str, Any] | None:
        user, asked = self.request.user, self.request.GET
        if not asked.get("payer", "").isdecimal():
            return None
        payer = get_object_or_404(Payer.objects.visible_to(user), pk=asked["payer"])  # type: ignore[arg-type]
        client = None
        branches = Branch.objects.visible_to(user).filter(is_active=True)  # type: ignore[arg-type]
        if asked.get("client", "").isdecimal():
            clients = Client.objects.visible_to(user).select_related("branch")  # type: ignore[arg-type]
            client = get_object_or_404(clients, pk=asked["client"])
            return {"payer": payer, "client": client, "branch": client.branch, "branches": []}
        wanted = asked.get("branch") or self.request.session.get("branch_id") or ""
        branch = branches.filter(pk=wanted).first() if str(wanted).isdecimal() else None
        branch = branch or get_object_or_404(branches[:1])
        return {"payer": payer, "client": client, "branch": branch, "branches": list(branches)}

    def get_form_kwargs(self) -> dict[str, Any]:
        account = self.get_account()
        kwargs = super().get_form_kwargs()
        if account is None:
            return {**kwargs, "invoices": []}
        owed = open_invoices(account["payer"], branch=account["branch"], client=account["client"])
        invoices = list(owed.select_related("client"))
        day = today(account["branch"].time_zone)
        return {**kwargs, "invoices": invoices, "initial": {"received_on": day, **self.get_initial()}}

    def perform(self, form: Any) -> Payment:
        account = self.get_account() or {}
        names = ("amount", "method", "received_on", "reference", "submission_key")
        fields = {name: form.cleaned_data[name] for name in names}
        return record_payment(
            account["payer"],
            branch=account["branch"],
            client=account["client"],
            allocations=form.allocations(),
            by=self.request.user,  # type: ignore[arg-type]
            **fields,
        )

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().post(request, *args, **kwargs) if self.get_account() else self.get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        account = self.get_account()
        context = super().get_context_data(account=account, **kwargs)
        if account is None:
            context.update(query=self.request.GET.get("q", "").strip(), accounts=self._accounts())
        else:
            context["owed"] = sum((row["invoice"].balance for row in context["form"].rows()), ZERO)
        return context

    def _accounts(self) -> list[dict[str, Any]]:
        """Who owes: client and payer with open invoices, found by name, payer or invoice number."""
        words = self.request.GET.get("q", "").strip()
        owed = Invoice.objects.visible_to(self.request.user).outstanding()  # type: ignore[arg-type]
        if words:
            owed = owed.filter(
                Q(number__icontains=words) | Q(payer__name__icontains=words)
                | Q(client__last_name__icontains=words) | Q(client__first_name__icontains=words)
            )  # fmt: skip
        groups = owed.order_by().values(
            "payer_id", "payer__name", "payer__bills_client", "client_id", "client__first_name", "client__last_name"
        )
        found = groups.annotate(invoices=Count("pk"), owed=Sum("balance"), due=Min("due_on"), last=Max("due_on"))
        return list(found.order_by("due", "client__last_name")[:ACCOUNTS_SHOWN])


class OnePayment(ScopedMixin):
    model = Payment

    def get_queryset(self) -> Any:
        rows = super().get_queryset().with_unapplied()
        return rows.select_related("payer", "client", "branch", "entered_by")

    def get_payment(self) -> Payment:
        if not hasattr(self, "_payment"):
            self._payment: Payment = self.scoped_object()
        return self._payment


class PaymentDetail(OnePayment, DetailPage):
    permission = "billing.view_payment"
    template_name = "billing/payment_detail.html"

    def get_queryset(self) -> Any:
        settled = Allocation.objects.select_related("invoice__client")
        return super().get_queryset().prefetch_related(Prefetch("allocations", settled))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        payment, user = self.object, self.request.user
        events = Event.objects.about(payment).exclude(kind=Event.Kind.VIEW).select_related("user")[:30]
        words = {
            "payment.recorded": (_("Recorded"), "cash"),
            "payment.applied": (_("Given to invoices"), "arrows-split"),
            "payment.voided": (_("Voided"), "circle-x"),
        }
        history = [
            {"at": event.at, "title": words[event.action][0], "icon": words[event.action][1],
             "text": event.reason, "actor": event.user}
            for event in events if event.action in words
        ]  # fmt: skip
        actions: list[dict[str, Any]] = []
        if payment.unapplied > 0 and user.has_perm("billing.add_payment"):
            url = reverse("billing:payment-apply", args=[payment.pk])
            actions.append({"label": _("Use the credit"), "url": url, "icon": "coins", "primary": True})
        if payment.voided_at is None and user.has_perm("billing.change_payment"):
            url = reverse("billing:payment-void", args=[payment.pk])
            actions.append({"label": _("Void"), "url": url, "icon": "circle-x", "danger": True, "dialog": True})
        return super().get_context_data(payment=payment, history=history, actions=actions, **kwargs)


class PaymentApply(OnePayment, FormPage):
    """Gives what is left of a payment to invoices that came later."""

    permission = "billing.add_payment"
    form_class = AllocationFields
    template_name = "billing/payment_apply.html"
    success_message = gettext_lazy("The credit is used.")

    def get_form_kwargs(self) -> dict[str, Any]:
        payment = self.get_payment()
        owed = open_invoices(payment.payer, branch=payment.branch, client=payment.client)
        free = owed.exclude(allocations__payment=payment).select_related("client")
        return {**super().get_form_kwargs(), "invoices": list(free)}

    def perform(self, form: Any) -> Payment:
        return apply_credit(self.get_payment(), allocations=form.allocations(), by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(payment=self.get_payment(), **kwargs)


class PaymentVoid(OnePayment, FormPage):
    permission = "billing.change_payment"
    form_class = ReasonForm
    success_message = gettext_lazy("The payment is void; its invoices owe the money again.")

    def perform(self, form: Any) -> Payment:
        return void_payment(self.get_payment(), reason=form.cleaned_data["reason"], by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        payment = self.get_payment()
        return super().get_context_data(
            heading=_("Void this payment"),
            subtitle=_("For a bounced check or a wrong entry: its invoices owe the money again."),
            submit_label=_("Void the payment"),
            danger=True,
            cancel_url=payment.get_absolute_url(),
            **kwargs,
        )
