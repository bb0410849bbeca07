"""What the person billed sees under the link of the mail: no log-in, the token of 256 bits is the key."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from billing.models import Invoice
from billing.services.invoice_link import open_link
from billing.views.invoice import pdf_response
from homecare.money import ZERO


@method_decorator(never_cache, name="dispatch")
class InvoiceLinkPage(View):
    """The invoice as a page. Whoever follows a link on it tells nobody the address (no referrer, no index)."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        link = open_link(token)
        if link is None:
            response = render(request, "billing/invoice_link_gone.html", status=404)
        else:
            response = self.show(request, link, token)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def show(self, request: HttpRequest, link: Any, token: str) -> HttpResponse:
        invoice = Invoice.objects.with_balance().prefetch_related("lines").get(pk=link.invoice_id)
        about = {
            "invoice": invoice,
            "token": token,
            "expires": link.expires_at,
            "issuer": invoice.bill_from,
            "is_paid": invoice.balance == ZERO,
        }
        return render(request, "billing/invoice_link.html", about)


class InvoiceLinkPdf(InvoiceLinkPage):
    def show(self, request: HttpRequest, link: Any, token: str) -> HttpResponse:
        return pdf_response(link.invoice)
