"""The signed address under which the person billed reads an invoice without an account, and the mail that carries it.

A link row is its own outbox: it is sent when `sent_at` is empty and `send_after` has passed, claimed by moving
`send_after` ahead, so a lost bell or a dead worker costs time, not the mail. The token is never stored; it is made
anew from the row and the installation's secret key, and found by its digest.
"""

from __future__ import annotations

import datetime as dt
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from billing.models import Invoice, InvoiceLink
from homecare.accounts.models import User
from homecare.accounts.models.token import digest
from homecare.audit.services.event import record
from homecare.bell import ring
from homecare.errors import Conflict, DomainError

log = structlog.get_logger("billing.invoice_link")
VALID_DAYS = 60
CLAIM = dt.timedelta(minutes=5)


def token_of(link: InvoiceLink) -> str:
    """256 bits that only this installation can make; safe in a URL."""
    return salted_hmac("billing.invoice_link", f"{link.pk}:{link.nonce}", algorithm="sha256").hexdigest()


def address_of(link: InvoiceLink) -> str:
    return settings.SITE_URL + reverse("billing:invoice-link", args=[token_of(link)])


@transaction.atomic
def email_invoice(invoice: Invoice, *, by: User, to: str = "") -> InvoiceLink:
    """Sends a link to an issued invoice to `to`, or to the e-mail of the addressee; earlier links stay valid.

    The mail holds number, amount, due date and link, never a name or a word about health.
    """
    row = Invoice.locked(invoice.pk)
    if row.status != Invoice.Status.ISSUED:
        raise Conflict(_("Only an issued invoice can be sent. Issue it first."))
    to = (to or row.bill_to.get("email", "")).strip()
    try:
        validate_email(to)
    except ValidationError as error:
        raise DomainError(
            _("There is no valid e-mail address to send to. Enter one, or add it to the contact or payer."), field="to"
        ) from error
    link = InvoiceLink.objects.create(
        invoice=row, sent_to=to, created_by=by, expires_at=timezone.now() + dt.timedelta(days=VALID_DAYS)
    )
    link.digest = digest(token_of(link))
    link.save(update_fields=["digest"])
    record("invoice.emailed", row, by=by, changes={"link": link.pk})
    ring("billing.tasks.send_invoice_link", link.pk, queue="notify")
    return link


@transaction.atomic
def revoke_link(link: InvoiceLink, *, by: User) -> InvoiceLink:
    """Closes a link that went to the wrong person. A closed one comes back."""
    row = InvoiceLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        record("invoice.link_revoked", row.invoice, by=by, changes={"link": row.pk})
    return row


def open_link(token: str) -> InvoiceLink | None:
    """The live link of a token with its invoice; None when unknown, expired or revoked. Notes that it was read."""
    rows = InvoiceLink.objects.live().filter(digest=digest(token))
    link = rows.select_related("invoice__branch", "invoice__payer", "invoice__client").first()
    if link is not None:
        moment = timezone.now()
        stale = InvoiceLink.objects.filter(pk=link.pk).exclude(last_read_at__gt=moment - dt.timedelta(minutes=1))
        if stale.update(last_read_at=moment):
            record("invoice.read_by_link", link.invoice, by=None, kind="view", reason=f"link {link.pk}")
    return link


def send_due_links() -> int:
    """Sends every mail that waits; returns how many went out."""
    due = InvoiceLink.objects.due().values_list("pk", flat=True)[:200]
    return sum(send_link(pk) for pk in list(due))


def send_link(link_id: int) -> int:
    """Claims and sends one mail; 0 when another worker has it or the mail server refused it for now."""
    mine = InvoiceLink.objects.due().filter(pk=link_id)
    if not mine.update(send_after=timezone.now() + CLAIM, attempts=F("attempts") + 1):
        return 0
    link = InvoiceLink.objects.select_related("invoice").get(pk=link_id)
    try:
        _mail(link).send()
    except (SMTPException, OSError) as error:
        log.warning("invoice_not_sent", link=link.pk, error=type(error).__name__)
        return 0
    moment = timezone.now()
    InvoiceLink.objects.filter(pk=link.pk).update(sent_at=moment)
    Invoice.objects.filter(pk=link.invoice_id).exclude(status=Invoice.Status.DRAFT).update(emailed_at=moment)
    return 1


def _mail(link: InvoiceLink) -> EmailMultiAlternatives:
    about = {
        "invoice": link.invoice,
        "agency": link.invoice.bill_from,
        "link": address_of(link),
        "expires": link.expires_at,
    }
    subject = _("Invoice %(number)s from %(agency)s")
    message = EmailMultiAlternatives(
        subject=subject % {"number": link.invoice.number, "agency": link.invoice.bill_from["name"]},
        body=render_to_string("email/invoice.txt", about),
        to=[link.sent_to],
        headers={"Message-ID": f"<invoice-link-{link.pk}@{settings.SITE_URL.split('//')[-1].split(':')[0]}>"},
    )
    message.attach_alternative(render_to_string("email/invoice.html", about), "text/html")
    return message
