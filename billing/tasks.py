"""Celery entry points: ids in, one service call, harmless when run twice."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from billing import pdf
from billing.services import charge, evv_hold, invoice_link, invoice_run
from homecare.accounts.models import User
from homecare.jobs.registry import Work, job_kind


@job_kind(invoice_run.KIND, title=_("Invoice run"), permission="billing.run_invoices")
def run_invoices(work: Work) -> dict[str, Any]:
    """One invoice per client and payer of a branch and period."""
    scope = invoice_run.RunScope.from_params(work.params, by=work.by)
    return invoice_run.run_invoices(scope, run=work.job, by=work.by, progress=work.progress)


@shared_task
def charge_approved_visits() -> None:
    """Beat, every ten minutes: what was approved since becomes charges; what is incomplete is held."""
    evv_hold.hold_incomplete(by=User.system())
    charge.make_charges(by=User.system())


@shared_task
def render_invoice(invoice_id: int) -> None:
    """Makes the PDF of an issued invoice ready before somebody asks for it."""
    pdf.prepare(invoice_id)


@shared_task
def send_invoice_link(link_id: int) -> None:
    invoice_link.send_link(link_id)


@shared_task
def send_invoice_links() -> None:
    """Beat, every minute: mails whose bell was lost or which the mail server refused."""
    invoice_link.send_due_links()
