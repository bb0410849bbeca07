import datetime as dt
from smtplib import SMTPException

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from billing.models import InvoiceLink
from billing.services.charge import make_charges
from billing.services.invoice import build_draft, issue_invoice, void_invoice
from billing.services.invoice_link import email_invoice, revoke_link, send_due_links, send_link, token_of
from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError
from tests.billing.conftest import MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(covered_client, payer, visits_of, biller):
    covered_client.first_name, covered_client.last_name = "Rosamund", "Featherstone"
    covered_client.email = "r@mail.example"
    covered_client.save()
    visits_of(covered_client)
    make_charges(by=biller)
    return build_draft(covered_client, payer, period_from=MONDAY, period_to=MONDAY, by=biller)


@pytest.fixture
def invoice(draft, biller):
    return issue_invoice(draft, by=biller)


@pytest.fixture
def link(invoice, biller):
    return email_invoice(invoice, by=biller)


def page(link):
    return reverse("billing:invoice-link", args=[token_of(link)])


def test_mail_holds_number_amount_due_date_and_link_but_no_client(link, invoice):
    assert send_link(link.pk) == 1
    (message,) = mail.outbox
    everything = message.subject + message.body + str(message.alternatives[0])
    assert (message.to, invoice.number in message.subject) == (["r@mail.example"], True)
    assert all(words in message.body for words in (invoice.number, "$32.00", page(link)))
    assert not [word for word in ("Rosamund", "Featherstone", "Personal care", "Maria") if word in everything]
    link.refresh_from_db()
    invoice.refresh_from_db()
    assert link.sent_at == invoice.emailed_at
    assert send_link(link.pk) == send_due_links() == 0


def test_mail_refused_by_the_server_is_tried_again(link, monkeypatch):
    def refuse(self, fail_silently=False):
        raise SMTPException("busy")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
        assert send_due_links() == 0
    assert send_due_links() == 0
    InvoiceLink.objects.update(send_after=timezone.now() - dt.timedelta(minutes=6))
    assert (send_due_links(), len(mail.outbox)) == (1, 1)


def test_mail_needs_an_issued_invoice_and_an_address(draft, biller):
    with pytest.raises(Conflict, match="Issue it first"):
        email_invoice(draft, by=biller)
    invoice = issue_invoice(draft, by=biller)
    with pytest.raises(DomainError, match="no valid e-mail"):
        email_invoice(invoice, to="not an address", by=biller)


def test_link_opens_the_invoice_without_an_account(client, link, invoice):
    response = client.get(page(link))
    assert response.status_code == 200
    assert invoice.number in response.content.decode()
    assert (response["Referrer-Policy"], response["X-Robots-Tag"]) == ("no-referrer", "noindex, nofollow")
    assert "no-store" in response["Cache-Control"]
    document = client.get(reverse("billing:invoice-link-pdf", args=[token_of(link)]))
    assert (document["Content-Type"], document.content[:5]) == ("application/pdf", b"%PDF-")
    assert Event.objects.about(invoice).filter(kind="view").count() == 1


@pytest.mark.parametrize("why", ["expired", "revoked", "void", "unknown"])
def test_link_that_has_ended_shows_a_friendly_page(why, client, link, invoice, biller):
    address = page(link)
    if why == "expired":
        InvoiceLink.objects.update(expires_at=timezone.now())
    elif why == "revoked":
        revoke_link(link, by=biller)
        revoke_link(link, by=biller)
    elif why == "void":
        void_invoice(invoice, reason="Wrong", by=biller)
    else:
        address = reverse("billing:invoice-link", args=["0" * 64])
    for url in (address, address + "pdf/"):
        response = client.get(url)
        assert response.status_code == 404
        assert "This link has ended" in response.content.decode()
        assert invoice.number not in response.content.decode()


def test_token_cannot_be_read_from_the_database(link):
    stored = [str(value) for value in InvoiceLink.objects.values_list().get()]
    assert len(token_of(link)) == 64
    assert token_of(link) not in stored


def test_link_of_another_invoice_needs_another_token(link, invoice, biller):
    assert token_of(email_invoice(invoice, by=biller)) != token_of(link)
