"""Invoices with and without their PDF."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor

from django.db import connections
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from bench.cast import rolled_back
from bench.measure import Figure, ratio, sample
from billing import paper, pdf
from billing.models import Charge, Invoice, InvoiceLine
from billing.services.invoice import build_draft, issue_invoice
from homecare.accounts.models import User


def _twenty() -> Invoice:
    """An issued invoice with about twenty lines."""
    from django.db.models import Count
    from django.db.models.functions import Abs

    return (
        Invoice.objects.filter(status="issued")
        .annotate(n=Count("lines"))
        .annotate(off=Abs(Count("lines") - 20))
        .order_by("off", "pk")[0]
    )


def invoice_figure() -> Figure:
    by, model = User.objects.get(email__startswith="biller@"), _twenty()
    lines = list(model.lines.values_list("charge", flat=True))

    def prepare() -> None:
        """Puts the model's charges back so that they can be invoiced anew; undone with the rest."""
        InvoiceLine.objects.filter(invoice=model).update(is_live=False)
        Charge.objects.filter(pk__in=lines).update(status="open")

    def full() -> None:
        draft = build_draft(model.client, model.payer, period_from=model.period_from, period_to=model.period_to, by=by)
        issue_invoice(draft, by=by)

    def bare() -> None:
        row = Invoice.objects.create(
            branch=model.branch,
            client=model.client,
            payer=model.payer,
            period_from=model.period_from,
            period_to=model.period_to,
        )
        InvoiceLine.objects.bulk_create(
            InvoiceLine(
                invoice=row,
                charge_id=charge,
                service_on=model.period_from,
                description="x",
                starts_at=model.created_at,
                ends_at=model.created_at,
                quantity=1,
                unit="hour",
                unit_rate=1,
                amount=1,
            )
            for charge in lines
        )

    def with_preparation(call):  # type: ignore[no-untyped-def]
        return rolled_back(lambda: (prepare(), call()))

    base = sample(with_preparation(lambda: None), 20)
    done, floor = sample(with_preparation(full), 20), sample(with_preparation(bare), 20)
    value, least = done.quickest - base.quickest, max(floor.quickest - base.quickest, 0.1)
    return Figure(
        f"issue an invoice of {len(lines)} lines",
        f"{value:.0f} ms, {done.queries - base.queries} queries",
        f"{least:.0f} ms (bare rows)",
        ratio(value, least),
        "≤ 35 ms",
        value <= 35,
    )


def pdf_figure() -> Figure:
    """Against bare WeasyPrint with the same HTML, style sheet and tags, all prepared once; and what tags cost."""
    invoice = _twenty()
    html, fonts = pdf.render_html(invoice), FontConfiguration()
    tools = paper.tools()
    sheet = CSS(string=open("static/css/pdf.css").read(), font_config=fonts)  # noqa: SIM115
    full = sample(lambda: pdf.render(invoice), 12, 2)

    def draw(variant: str | None) -> object:
        page = HTML(string=html, url_fetcher=tools[0])
        return page.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant=variant)

    bare, untagged = sample(lambda: draw(paper.VARIANT), 12, 2), sample(lambda: draw(None), 12, 2)
    return Figure(
        "PDF of it",
        f"{full.best:.0f} ms CPU",
        f"{bare.best:.0f} ms (bare WeasyPrint; {untagged.best:.0f} untagged)",
        ratio(full.best, bare.best),
        "≤ 1.1×, aim < 150 ms",
        full.best <= 1.1 * bare.best,
    )


def _render_many(pks: list[int]) -> int:
    connections.close_all()
    for invoice in Invoice.objects.filter(pk__in=pks):
        pdf.render(invoice)
    return len(pks)


def workers_figure(count: int = 24) -> Figure:
    """The same PDFs with one worker and with two."""
    pks = list(Invoice.objects.filter(status="issued").order_by("pk").values_list("pk", flat=True)[:count])
    connections.close_all()
    seconds = []
    for workers in (1, 2):
        with ProcessPoolExecutor(workers) as pool:
            list(pool.map(_render_many, [pks[:1]] * workers))
            began = time.perf_counter()
            list(pool.map(_render_many, [pks[i::workers] for i in range(workers)]))
            seconds.append(time.perf_counter() - began)
    gain = seconds[0] / seconds[1]
    return Figure(
        "PDFs, two workers against one",
        f"{count / seconds[1]:.1f}/s",
        f"{count / seconds[0]:.1f}/s",
        f"{gain:.2f}×",
        "nearly 2×",
        gain >= 1.6,
    )


def figures() -> list[Figure]:
    return [invoice_figure(), pdf_figure(), workers_figure()]
