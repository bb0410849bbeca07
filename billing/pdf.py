"""The invoice on paper; billing/paper.py draws.

An issued invoice never changes, so its PDF is kept in private storage under its number; a draft is drawn each time.
Template: templates/pdf/invoice.html. Looks: static/css/pdf.css.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from decimal import Decimal

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.models import Invoice, InvoiceLine, Rate
from billing.services.snapshot import bill_from, bill_to
from billing.wording import plain, quantity_text, rate_text
from homecare.clock import local
from homecare.money import display


def render_html(invoice: Invoice) -> str:
    """What WeasyPrint draws; two queries for a draft's lines and addressee, one for an issued invoice."""
    issuer = invoice.bill_from or bill_from(invoice.branch)
    lines = list(invoice.lines.all())
    title = _("Invoice %(number)s") % {"number": invoice.number or _("draft")}
    marks = {Invoice.Status.DRAFT: _("DRAFT"), Invoice.Status.VOID: _("VOID")}
    about = {
        "invoice": invoice,
        "title": title,
        "issuer": issuer,
        "bill_to": invoice.bill_to or bill_to(invoice.client, invoice.payer),
        "lines": [_row(line, issuer["time_zone"]) for line in lines],
        "units": _quantities(lines),
        "website": issuer.get("website", "").removeprefix("https://").rstrip("/"),
        "registrations": " · ".join(
            f"{name} {issuer[key]}" for name, key in (("EIN", "ein"), ("NPI", "npi")) if issuer[key]
        ),
        "mark": marks.get(Invoice.Status(invoice.status), ""),
        "issued": _long(invoice.issued_on),
        "due": _long(invoice.due_on),
        "period_from": _long(invoice.period_from),
        "period_to": _long(invoice.period_to),
    }
    return render_to_string("pdf/invoice.html", about)


def render(invoice: Invoice) -> bytes:
    """The PDF, drawn anew."""
    from billing.paper import write_pdf  # loads WeasyPrint, see there

    colour = invoice.bill_from.get("colour") or bill_from(invoice.branch)["colour"]
    return write_pdf(render_html(invoice), colour=colour)


def pdf_of(invoice: Invoice) -> bytes:
    """The PDF, from storage when it is final and was drawn before."""
    if invoice.status != Invoice.Status.ISSUED:
        return render(invoice)
    name = _path(invoice)
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            return file.read()
    content = render(invoice)
    default_storage.save(name, ContentFile(content))
    return content


def prepare(invoice_id: int) -> None:
    """Draws an issued invoice ahead of time; nothing for a row that is gone or not issued."""
    invoice = Invoice.objects.filter(pk=invoice_id, status=Invoice.Status.ISSUED).first()
    if invoice is not None:
        pdf_of(invoice)


def file_name(invoice: Invoice) -> str:
    """Invoice-BOS-2026-00042.pdf: letters, digits, dots and dashes only, whatever a branch is called."""
    return "Invoice-" + re.sub(r"[^A-Za-z0-9.-]+", "-", invoice.number or f"draft-{invoice.pk}") + ".pdf"


def _path(invoice: Invoice) -> str:
    return f"invoices/{invoice.branch_id}/{invoice.pk}/{file_name(invoice)}"


def _long(day: dt.date | None) -> str:
    return date_format(day, "M j, Y") if day else "–"


def _row(line: InvoiceLine, zone: str) -> dict[str, str]:
    start, end = local(line.starts_at, zone), local(line.ends_at, zone)
    return {
        "when": f"{date_format(line.service_on, 'D M j')}, {start:%H:%M}–{end:%H:%M}",
        "service": ", ".join(word for word in (line.description, line.caregiver_name, line.code) if word),
        "quantity": quantity_text(line.quantity, line.unit),
        "rate": rate_text(line.unit_rate),
        "amount": display(line.amount),
    }


def _quantities(lines: list[InvoiceLine]) -> list[dict[str, str]]:
    """Hours, quarter hours, visits and days in all, each where it occurs."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.unit] += line.quantity
    labels = {
        Rate.Unit.HOUR: _("Hours"),
        Rate.Unit.QUARTER: _("Units of 15 minutes"),
        Rate.Unit.VISIT: _("Visits"),
        Rate.Unit.DAY: _("Days"),
    }
    return [{"label": labels[Rate.Unit(unit)], "quantity": plain(sums[unit])} for unit in sums]
