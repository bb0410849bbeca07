"""Each payer's table of reason codes: offered, asked for, imported, and never taken back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError
from scheduling import reason_codes
from scheduling.models import ReasonCode, VisitException
from scheduling.reason_sets import set_of, sets_of
from scheduling.services.approval import approve_visit, reopen_visit
from scheduling.services.reason_code import add_code, change_code, import_codes
from scheduling.services.visit_exception import resolve_exception
from tests.factories import CoverageFactory, PayerFactory, completed_visit
from tests.scheduling.test_clock import EIGHT, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tables(db):
    reason_codes.load()


@pytest.fixture
def visit(caregiver):
    row = completed_visit(caregiver, starts_at=EIGHT, client__branch=caregiver.branch)
    VisitException.objects.create(visit=row, kind="late", detail="20 minutes late")
    return row


def pays(visit, reason_set):
    return CoverageFactory(client=visit.client, payer=PayerFactory(reason_set=reason_set))


def code(number, kind="reason", set_name="200-series"):
    return ReasonCode.objects.get(set_name=set_name, kind=kind, code=number)


def test_catalogue_holds_three_tables_and_loads_twice():
    change_code(code("200"), text="Our own words", by=None)
    reason_codes.load()
    counts = {name: ReasonCode.objects.filter(set_name=name).count() for name in ("default", "200-series", "Texas")}
    assert counts == {"default": 31, "200-series": 33, "Texas": 3}
    assert code("200").text == "Our own words"


def test_suggested_kinds_exist():
    kinds = {kind for row in ReasonCode.objects.all() for kind in row.suggests}
    known = {*VisitException.Kind.values, "inaccurate", "overlap", "clock_skew", "mock_location"}
    assert kinds - known == set()


def test_visit_uses_its_payer_s_table(visit, caregiver):
    assert set_of(visit).name == "default"
    coverage = pays(visit, "200-series")
    found = set_of(visit)
    assert (found.name, found.suggested("late").code, len(found.actions)) == ("200-series", "211", 10)
    coverage.payer.reason_set = "unknown table"
    coverage.payer.save()
    assert (set_of(visit).name, set_of(visit).suggested("late").code) == ("default", "12")


def test_sets_of_many_visits_are_read_in_two_queries(caregiver):
    visits = [completed_visit(caregiver, starts_at=at(70 * n)) for n in range(5)]
    pays(visits[0], "Texas")
    with CaptureQueriesContext(connection) as queries:
        found = sets_of(visits)
    assert len(queries) == 2
    assert [found[one.pk].name for one in visits] == ["Texas", *["default"] * 4]


def test_reason_of_another_table_is_refused(visit, biller):
    with pytest.raises(DomainError) as refused:
        resolve_exception(visit.exceptions.get(), code=code("211"), by=biller)
    assert refused.value.field == "code"


def test_table_with_actions_asks_what_was_done(visit, biller):
    pays(visit, "200-series")
    exception = visit.exceptions.get()
    with pytest.raises(DomainError) as refused:
        resolve_exception(exception, code=code("211"), by=biller)
    assert refused.value.field == "action"
    row = resolve_exception(exception, code=code("211"), action=code("12", "action"), by=biller)
    assert (row.reason_code.code, row.action_code.text) == ("211", "Confirmed with the client")


def test_adjusted_times_keep_the_action_and_lose_it_with_the_approval(visit, biller):
    pays(visit, "200-series")
    how = {"starts_at": EIGHT, "ends_at": at(45), "code": code("211"), "by": biller}
    with pytest.raises(DomainError):
        approve_visit(visit, **how)
    row = approve_visit(visit, action=code("19", "action"), **how)
    assert (row.adjustment_code.code, row.adjustment_action.code) == ("211", "19")
    assert reopen_visit(row, reason="Again", by=biller).adjustment_action is None


def test_given_reason_can_be_changed_but_not_taken_away(visit, biller):
    row = resolve_exception(visit.exceptions.get(), code=code("12", set_name="default"), by=biller)
    resolve_exception(row, code=code("19", set_name="default"), by=biller)
    for act in (row.delete, lambda: VisitException.objects.update(reason_code=None)):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_words_of_a_given_code_stay(visit, biller, manager):
    given = code("12", set_name="default")
    resolve_exception(visit.exceptions.get(), code=given, by=biller)
    with pytest.raises(DomainError) as refused:
        change_code(given, text="Something else", by=manager)
    assert refused.value.field == "text"
    change_code(given, is_active=False, by=manager)
    assert given not in set_of(visit).reasons
    assert Event.objects.filter(action="reason_code.changed").count() == 1


def test_code_stands_once_in_a_set(manager):
    with pytest.raises(Conflict):
        add_code(set_name="Texas", code="600", text="Twice", by=manager)
    assert add_code(set_name="Texas", kind="action", code="600", text="An action", by=manager).pk


def test_file_adds_and_changes_codes(manager):
    content = (
        "\ufeffset,code,text,kind,needs_memo,suggests\r\n"
        "Ohio,1,Phone broken,,yes,no_in no_out\r\n"
        'Ohio,A1,"Called, agreed",action,,\r\n'
        "Texas,600,Something else,,yes,\r\n"
    )
    assert import_codes(content.encode(), by=manager) == (2, 1)
    assert import_codes(content.encode(), by=manager) == (0, 0)
    row = code("1", set_name="Ohio")
    assert (row.text, row.needs_memo, row.suggests) == ("Phone broken", True, ["no_in", "no_out"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"code,text\n1,x\n", "first line"),
        (b"set,code,text\nOhio,,x\n", "Line 2"),
        (b"set,code,text,kind\nOhio,1,x,\nOhio,2,x,both\n", "Line 3: kind"),
        (b"set,code,text,kind,needs_memo,suggests\nOhio,1,x,,,rain\n", "rain"),
        (b"\xff\xfe\x00", "CSV"),
        (b"", "first line"),
    ],
)
def test_file_that_cannot_be_read_adds_nothing(manager, content, says):
    with pytest.raises(DomainError) as refused:
        import_codes(content, by=manager)
    assert says in refused.value.message
    assert not ReasonCode.objects.filter(set_name="Ohio").exists()


def test_approval_page_offers_the_payer_s_codes(visit, biller, as_user):
    pays(visit, "200-series")
    http, url = as_user(biller), reverse("scheduling:exception-resolve", args=[visit.exceptions.get().pk])
    body = http.get(url).content.decode()
    assert "211 Clocked early or late" in body and "12 Caregiver late" not in body
    assert f'value="{code("211").pk}" selected' in body
    refused = http.post(url, {"code": code("211").pk})
    assert "Choose what was done about it" in refused.content.decode()
    assert http.post(url, {"code": code("211").pk, "action": code("12", "action").pk}).status_code == 302
    assert "12 Confirmed with the client" in http.get(reverse("scheduling:visit-approval")).content.decode()


def test_settings_pages_add_change_and_import(manager, as_user):
    http, here = as_user(manager), reverse("scheduling:reason-code-list")
    new = {"set_name": "Ohio", "code": "7", "kind": "reason", "text": "Snow", "suggests": ["late"]}
    assert http.post(reverse("scheduling:reason-code-create"), new).status_code == 302
    assert "already" in http.post(reverse("scheduling:reason-code-create"), new).content.decode()
    row = code("7", set_name="Ohio")
    change = reverse("scheduling:reason-code-update", args=[row.pk])
    assert http.post(change, {"text": "Snow or ice", "suggests": ["late", "short"]}).status_code == 302
    row.refresh_from_db()
    assert (row.text, row.suggests, row.is_active) == ("Snow or ice", ["late", "short"], False)
    file = SimpleUploadedFile("codes.csv", b"set,code,text\nOhio,8,Flood\n")
    assert http.post(reverse("scheduling:reason-code-import"), {"file": file}).status_code == 302
    assert "8 Flood" in http.get(here).content.decode()
    export = b"".join(http.get(here, {"export": "csv"}).streaming_content)
    assert b"Ohio,8,Flood,reason" in export
    assert import_codes(export, by=manager).added == 0


def test_payer_chooses_its_table(manager, biller, as_user):
    payer = PayerFactory()
    body = as_user(biller).get(reverse("billing:payer-update", args=[payer.pk])).content.decode()
    assert '<option value="200-series">' in body
