"""Invoices: the list, one of them with everything done to it, and the acts on it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Prefetch, Q, Sum
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from billing import pdf
from billing.forms.invoice import DraftForm, EmailForm, InvoiceFilter, ReasonForm
from billing.models import Allocation, Invoice, InvoiceLink, Payer
from billing.services.invoice import build_draft, discard_draft, issue_invoice, void_invoice
from billing.services.invoice_link import email_invoice, revoke_link
from clients.views.client import OneClient
from homecare.audit.models import Event
from homecare.audit.services.event import record, record_view
from homecare.clock import monday_of, today
from homecare.money import ZERO
from homecare.views import ActionView, DetailPage, FormPage, ListPage, PermissionMixin, ScopedMixin

SORTS = {"number": "number", "issued": "issued_on", "due": "due_on", "total": "total", "balance": "balance"}


class InvoiceList(ListPage):
    model = Invoice
    permission = "billing.view_invoice"
    filterset_class = InvoiceFilter
    template_name = "billing/invoice_list.html"
    fragment_name = "billing/_invoice_table.html"

    def rows(self, queryset: Any) -> Any:
        rows = queryset.with_balance().select_related("client", "payer", "branch").order_by("-issued_on", "-pk")
        return rows.defer("bill_to", "bill_from")

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        wanted = self.request.GET.get("sort", "")
        name = SORTS.get(wanted.lstrip("-"))
        return rows.order_by(f"-{name}" if wanted.startswith("-") else name, "pk") if name else rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        live = self.object_list.exclude(status=Invoice.Status.VOID).order_by()  # type: ignore[attr-defined]
        sums = live.aggregate(invoiced=Sum("total"), owed=Sum("balance"))
        columns = [
            {"label": _("Invoice"), "sort": "number"},
            {"label": _("Client")},
            {"label": _("Payer")},
            {"label": _("Status")},
            {"label": _("Issued"), "sort": "issued"},
            {"label": _("Due"), "sort": "due"},
            {"label": _("Total"), "css": "num", "sort": "total"},
            {"label": _("Balance"), "css": "num", "sort": "balance"},
        ]
        return super().get_context_data(
            columns=columns,
            sums={name: amount or ZERO for name, amount in sums.items()},
            today=today(self.request.local_zone),  # type: ignore[attr-defined]
            **kwargs,
        )


def _today_of(invoice: Invoice) -> dt.date:
    return today(invoice.branch.time_zone)


class OneInvoice(ScopedMixin):
    """The invoice of a URL, among those this person sees."""

    model = Invoice

    def get_queryset(self) -> Any:
        return super().get_queryset().with_balance().select_related("client", "payer", "branch")

    def get_invoice(self) -> Invoice:
        if not hasattr(self, "_invoice"):
            self._invoice: Invoice = self.scoped_object()
        return self._invoice


class InvoiceDetail(OneInvoice, DetailPage):
    permission = "billing.view_invoice"
    template_name = "billing/invoice_detail.html"

    def get_queryset(self) -> Any:
        allocations = Allocation.objects.select_related("payment")
        return super().get_queryset().prefetch_related("lines", "links", Prefetch("allocations", allocations))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        invoice, user = self.object, self.request.user
        record_view(invoice, by=user, what="invoice")  # type: ignore[arg-type]
        events = Event.objects.about(invoice).exclude(kind=Event.Kind.VIEW).select_related("user")[:30]
        return super().get_context_data(
            invoice=invoice,
            actions=_actions(invoice, user),
            facts=_facts(invoice),
            history=[_happened(event) for event in events],
            today=_today_of(invoice),
            **kwargs,
        )


def _facts(invoice: Any) -> list[tuple[Any, Any]]:
    from homecare.templatetags.ui import day, money

    facts = [(_("Care"), f"{day(invoice.period_from)} – {day(invoice.period_to)}")]
    if invoice.issued_on:
        facts += [(_("Issued"), day(invoice.issued_on)), (_("Due"), day(invoice.due_on))]
    return [*facts, (_("Total"), money(invoice.total)), (_("Balance"), money(invoice.balance))]


def _actions(invoice: Any, user: Any) -> list[dict[str, Any]]:
    """What may be done with it now, by this person; the most likely act first."""
    here = [invoice.pk]
    actions: list[dict[str, Any]] = []
    if invoice.status == Invoice.Status.DRAFT:
        if user.has_perm("billing.issue_invoice"):
            actions.append(
                {
                    "label": _("Issue"), "url": reverse("billing:invoice-issue", args=here), "icon": "file-check",
                    "primary": True, "post": True, "confirm": _("Issue this invoice?"),
                    "detail": _("It gets its number and can no longer be edited; a mistake is voided."),
                }
            )  # fmt: skip
        if user.has_perm("billing.change_invoice"):
            actions.append(
                {
                    "label": _("Discard"), "url": reverse("billing:invoice-discard", args=here), "icon": "trash",
                    "danger": True, "post": True, "confirm": _("Discard this draft?"),
                    "detail": _("Its visits go back to the unbilled list."),
                }
            )  # fmt: skip
    pdf_action = {"label": _("PDF"), "url": reverse("billing:invoice-pdf", args=here), "icon": "file-type-pdf"}
    if invoice.status != Invoice.Status.ISSUED:
        return [*actions, pdf_action]
    if invoice.balance > 0 and user.has_perm("billing.add_payment"):
        url = reverse("billing:payment-create") + f"?payer={invoice.payer_id}&client={invoice.client_id}"
        actions.append({"label": _("Record a payment"), "url": url, "icon": "cash", "primary": True})
    if user.has_perm("billing.change_invoice"):
        url = reverse("billing:invoice-email", args=here)
        actions.append({"label": _("E-mail"), "url": url, "icon": "mail", "dialog": True})
    actions.append(pdf_action)
    if user.has_perm("billing.void_invoice"):
        url = reverse("billing:invoice-void", args=here)
        actions.append({"label": _("Void"), "url": url, "icon": "circle-x", "danger": True, "dialog": True})
    return actions


WORDS = {
    "invoice.drafted": (gettext_lazy("Drafted"), "pencil"),
    "invoice.issued": (gettext_lazy("Issued"), "file-check"),
    "invoice.emailed": (gettext_lazy("Link sent by e-mail"), "mail"),
    "invoice.voided": (gettext_lazy("Voided"), "circle-x"),
    "invoice.link_revoked": (gettext_lazy("Link closed"), "link-off"),
    "invoice.pdf_read": (gettext_lazy("PDF opened"), "file-type-pdf"),
}


def _happened(event: Event) -> dict[str, Any]:
    title, icon = WORDS.get(event.action, (event.action, "point"))
    return {"at": event.at, "title": title, "icon": icon, "text": event.reason, "actor": event.user}


class InvoicePdf(OneInvoice, PermissionMixin, View):
    """The document; families open those addressed to them from the portal."""

    permission = ("billing.view_invoice", "clients.view_portal")

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        invoice = self.get_invoice()
        record("invoice.pdf_read", invoice, by=request.user, kind=Event.Kind.VIEW)
        return pdf_response(invoice)


def pdf_response(invoice: Invoice) -> HttpResponse:
    """Opens in the browser; saved under a name of letters, digits and dashes only."""
    response = HttpResponse(pdf.pdf_of(invoice), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{pdf.file_name(invoice)}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


class InvoiceCreate(OneClient, FormPage):
    """One client's draft by hand, for a period and payer."""

    permission = "billing.add_invoice"
    form_class = DraftForm
    success_message = gettext_lazy("The draft is ready. Check its lines, then issue it.")

    def get_form_kwargs(self) -> dict[str, Any]:
        client = self.get_client()
        payers = Payer.objects.filter(Q(coverages__client=client) | Q(charges__client=client)).distinct()
        day = monday_of(today(client.branch.time_zone))
        initial = {"period_from": day - dt.timedelta(days=7), "period_to": day - dt.timedelta(days=1)}
        return {**super().get_form_kwargs(), "payers": payers, "initial": initial}

    def perform(self, form: Any) -> Invoice:
        return build_draft(self.get_client(), by=self.request.user, **form.cleaned_data)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        client = self.get_client()
        words = {"heading": _("Draft an invoice"), "subtitle": client.full_name, "submit_label": _("Make the draft")}
        url = reverse("billing:client-billing", args=[client.pk])
        return super().get_context_data(**words, cancel_url=url, **kwargs)


class InvoiceIssue(OneInvoice, ActionView):
    permission = "billing.issue_invoice"
    success_message = gettext_lazy("The invoice is issued.")

    def perform(self, obj: Invoice) -> Invoice:
        return issue_invoice(obj, by=self.request.user)  # type: ignore[arg-type]


class InvoiceDiscard(OneInvoice, ActionView):
    permission = "billing.change_invoice"
    success_message = gettext_lazy("The draft is gone; its visits are on the unbilled list.")

    def perform(self, obj: Invoice) -> None:
        discard_draft(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return reverse("billing:charge-list") + "?show=open"


class InvoiceVoid(OneInvoice, FormPage):
    permission = "billing.void_invoice"
    form_class = ReasonForm
    success_message = gettext_lazy("The invoice is void; its visits can be billed again.")

    def perform(self, form: Any) -> Invoice:
        return void_invoice(self.get_invoice(), reason=form.cleaned_data["reason"], by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        invoice = self.get_invoice()
        return super().get_context_data(
            heading=_("Void invoice %(number)s") % {"number": invoice},
            subtitle=_("Its number stays used, links to it close, and its visits can be billed again."),
            submit_label=_("Void the invoice"),
            danger=True,
            cancel_url=invoice.get_absolute_url(),
            **kwargs,
        )


class InvoiceEmail(OneInvoice, FormPage):
    permission = "billing.change_invoice"
    form_class = EmailForm
    success_message = gettext_lazy("The link is on its way.")

    def get_initial(self) -> dict[str, Any]:
        return {"to": self.get_invoice().bill_to.get("email", "")}

    def perform(self, form: Any) -> InvoiceLink:
        return email_invoice(self.get_invoice(), to=form.cleaned_data["to"], by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return self.get_invoice().get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        invoice = self.get_invoice()
        words = {"heading": _("E-mail invoice %(number)s") % {"number": invoice}, "submit_label": _("Send the link")}
        return super().get_context_data(**words, cancel_url=invoice.get_absolute_url(), **kwargs)


class InvoiceLinkRevoke(ActionView):
    model = InvoiceLink
    permission = "billing.change_invoice"
    success_message = gettext_lazy("The link no longer opens the invoice.")

    def perform(self, obj: InvoiceLink) -> Invoice:
        return revoke_link(obj, by=self.request.user).invoice  # type: ignore[arg-type]
