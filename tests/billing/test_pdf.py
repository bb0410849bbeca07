import datetime as dt
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from pypdf import PdfReader

from billing import paper, pdf
from billing.models import Invoice
from billing.services.charge import make_charges
from billing.services.invoice import build_draft, issue_invoice, void_invoice
from homecare.accounts.models import Agency
from tests.billing.conftest import MONDAY
from tests.factories import AddressFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(covered_client, payer, visits_of, biller):
    """invoice(30): issued, with so many lines."""
    Agency.objects.update_or_create(
        pk=1,
        defaults={"name": "Harbor Home Care", "ein": "04-3219876", "npi": "1487654321", "line1": "48 Atlantic Avenue"},
    )
    AddressFactory(client=covered_client)

    def make(lines, issue=True):
        visits_of(covered_client, lines)
        make_charges(by=biller)
        period = {"period_from": MONDAY, "period_to": MONDAY + dt.timedelta(days=lines)}
        draft = build_draft(covered_client, payer, by=biller, **period)
        return issue_invoice(draft, by=biller) if issue else draft

    return make


def text_of(content):
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_pdf_says_what_an_invoice_must(invoice, covered_client):
    row = invoice(2)
    (text,) = text_of(pdf.render(row))
    wanted = [
        "Harbor Home Care", "48 Atlantic Avenue", "EIN 04-3219876", "NPI 1487654321", "INVOICE", row.number,
        covered_client.full_name, "1 Beacon Street", "Boston branch", "Mon Nov 2, 09:00–10:00", "Personal care, Maria",
        "1 h", "$32.00", "$64.00", "Amount due", "Page 1 of 1", "PLEASE RETURN WITH YOUR CHECK",
    ]  # fmt: skip
    assert [words for words in wanted if words not in text] == []


def test_pdf_of_many_lines_repeats_its_head_and_counts_its_pages(invoice):
    pages = text_of(pdf.render(invoice(90)))
    assert len(pages) >= 3
    assert all("Date and time" in page for page in pages[:-1])
    assert [f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)
    assert "$2,880.00" in pages[-1]


def test_pdf_is_tagged_titled_and_in_a_language(invoice):
    row = invoice(1)
    reader = PdfReader(BytesIO(pdf.render(row)))
    root = reader.trailer["/Root"]
    assert (root["/Lang"], bool(root["/MarkInfo"]["/Marked"])) == ("en-us", True)
    assert reader.metadata.title == f"Invoice {row.number}"


def test_pdf_of_an_issued_invoice_is_drawn_once(invoice, monkeypatch):
    row = invoice(1)
    first = pdf.pdf_of(row)
    monkeypatch.setattr(pdf, "render", lambda invoice: pytest.fail("drawn again"))
    assert pdf.pdf_of(row) == first
    assert default_storage.exists(f"invoices/{row.branch_id}/{row.pk}/Invoice-{row.number}.pdf")


def test_pdf_prepared_ahead_is_there_when_asked(invoice):
    row = invoice(1)
    pdf.prepare(row.pk)
    pdf.prepare(row.pk + 1000)
    assert default_storage.exists(pdf._path(row))


def test_pdf_of_a_draft_and_a_void_one_say_so(invoice, biller):
    draft = invoice(1, issue=False)
    assert "DRAFT" in text_of(pdf.pdf_of(draft))[0]
    row = issue_invoice(draft, by=biller)
    assert "DRAFT" not in text_of(pdf.pdf_of(row))[0]
    assert "VOID" in text_of(pdf.pdf_of(void_invoice(row, reason="Wrong", by=biller)))[0]


def test_pdf_shows_the_agency_as_of_the_day_of_issue(invoice):
    row = invoice(1)
    Agency.objects.update(name="Renamed")
    assert "Harbor Home Care" in text_of(pdf.render(Invoice.objects.get(pk=row.pk)))[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x.css", "https://example.org/x.png", "file:///etc/passwd", "data:text/css,p{}",
        "static:../homecare/settings.py", "static:/etc/passwd", "ftp://example.org/x",
    ],
)  # fmt: skip
def test_fetcher_refuses_everything_but_own_static_files(url):
    with pytest.raises(Exception, match=r"static files|outside"):
        paper.OwnFilesOnly().fetch(url)


def test_fetcher_opens_own_style_sheet():
    assert b"@page" in paper.OwnFilesOnly().fetch("static:css/pdf.css").read()


def test_pdf_of_hostile_names_fetches_and_runs_nothing(invoice, covered_client, monkeypatch):
    asked = []
    monkeypatch.setattr(paper.OwnFilesOnly, "fetch", lambda self, url, headers=None: asked.append(url))
    paper.tools()
    covered_client.first_name = '<img src="http://127.0.0.1:9/x">'
    covered_client.last_name = "{{7*7}}"
    covered_client.save()
    (text,) = text_of(pdf.render(invoice(1)))
    assert '<img src="http://127.0.0.1:9/x"> {{7*7}}' in " ".join(text.split())
    assert [url for url in asked if not url.startswith("static:css/")] == []


@pytest.mark.parametrize(
    ("number", "name"),
    [("BOS-2026-00001", "Invoice-BOS-2026-00001.pdf"), ('A"\r\nX: y/../-1', "Invoice-A-X-y-..--1.pdf")],
)
def test_file_name_is_safe(number, name):
    made = pdf.file_name(Invoice(number=number))
    assert made == name
    assert not set(made) & set('"\r\n/\\;')
