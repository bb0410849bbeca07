"""Search and the family portal: what each finds, and for whom."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from homecare.audit.models import Event
from homecare.reports.search import ask
from scheduling.models import VisitTask
from tests.factories import (
    ClientFactory,
    ContactFactory,
    MemberFactory,
    VisitFactory,
    completed_visit,
)
from tests.homecare.conftest import queries_of
from tests.homecare.test_report import DAY, HOUR, NOW, issued, visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen_clock():
    with time_machine.travel(NOW, tick=False):
        yield


def test_search_takes_the_words_apart():
    day = dt.date(2026, 11, 24)
    asked = ask("lopez 11/23", day)
    assert (asked.names, asked.numbers, asked.day) == (["LOPEZ"], [], dt.date(2026, 11, 23))
    asked = ask("BOS-2026-00037 tomorrow x", day)
    assert (asked.names, asked.numbers, asked.day) == ([], ["BOS-2026-00037"], dt.date(2026, 11, 25))
    assert ask("13/45 2026-02-30", day).day is None


@pytest.mark.parametrize("typed", ["lopez", "Lopes", "Lopze", "rosa lop", "Lopzez rossa", "lo", "c-000042", "42"])
def test_search_finds_clients_despite_typing_errors(branch, coordinator, as_user, typed):
    ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez", number="C-000042")
    ClientFactory(branch=branch, first_name="Anh", last_name="Nguyen", number="C-000043")
    page = as_user(coordinator).get(reverse("reports:search"), {"q": typed})
    groups = {group.key: [line.title for line in group.lines] for group in page.context["groups"]}
    assert groups["clients"] == ["Rosa Lopez"]


def test_search_finds_staff_visits_and_invoices(branch, coordinator, as_user):
    client = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")
    member = MemberFactory(branch=branch, first_name="Maria", last_name="Silva", employee_number="E00077")
    soon = VisitFactory(client=client, caregiver=member, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    later = VisitFactory(client=client, caregiver=member, starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR)
    bill = issued(
        branch, "10.00", due=NOW.date(), issued_on=dt.date(2026, 11, 18), number="BOS-2026-00037", client=client
    )
    http = as_user(coordinator)

    def found(typed: str) -> dict[str, list[str]]:
        page = http.get(reverse("reports:search"), {"q": typed})
        return {group.key: [line.url for line in group.lines] for group in page.context["groups"]}

    assert found("Silva") == {"staff": [member.get_absolute_url()]}
    assert found("e00077") == {"staff": [member.get_absolute_url()]}
    assert found("lopez") == {
        "clients": [client.get_absolute_url()],
        "visits": [soon.get_absolute_url(), later.get_absolute_url()],
        "invoices": [bill.get_absolute_url()],
    }
    assert found("lopez tomorrow")["visits"] == [later.get_absolute_url()]
    assert found("11/24")["visits"] == [soon.get_absolute_url()]
    assert found("37")["invoices"] == [bill.get_absolute_url()]
    assert found("bos-2026-00037")["invoices"] == [bill.get_absolute_url()]
    assert found("zzzz") == {}


def test_search_shows_only_own_branches_and_what_the_role_may_see(
    branch, coordinator, other_coordinator, caregiver, relative, as_user
):
    ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")
    url = reverse("reports:search")
    assert as_user(coordinator).get(url, {"q": "lopez"}).context["groups"]
    assert as_user(other_coordinator).get(url, {"q": "lopez"}).context["groups"] == []
    assert as_user(caregiver.user).get(url, {"q": "lopez"}).status_code == 403
    assert as_user(relative).get(url, {"q": "lopez"}).status_code == 403


def test_search_asks_a_constant_number_of_queries(branch, coordinator, as_user):
    http = as_user(coordinator)
    url = reverse("reports:search") + "?q=lopez"
    ClientFactory(branch=branch, last_name="Lopez")
    with_one = queries_of(http, url)
    for number in range(30):
        client = ClientFactory(branch=branch, last_name="Lopez")
        visit(branch, NOW + number * HOUR, client=client)
        MemberFactory(branch=branch, last_name="Lopez")
    assert queries_of(http, url) == with_one <= 12
    fragment = http.get(url, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content and b"palette-item" in fragment.content


def test_portal_shows_the_own_clients_visits_and_invoices_alone(branch, relative, coordinator, as_user):
    mine, other = ClientFactory(branch=branch, first_name="Rosa"), ClientFactory(branch=branch, first_name="Stranger")
    ContactFactory(client=mine, user=relative, has_portal=True)
    member = MemberFactory(branch=branch, first_name="Maria", last_name="Secretname")
    past = completed_visit(member, starts_at=NOW - DAY, client=mine)
    VisitTask.objects.create(visit=past, category="meals", title="Cook", outcome="done")
    VisitTask.objects.create(visit=past, category="meals", title="Feed", outcome="refused")
    VisitFactory(client=mine, caregiver=member, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    VisitFactory(client=other, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    dates = {"due": NOW.date(), "issued_on": dt.date(2026, 11, 18)}
    bill = issued(branch, "55.00", number="BOS-2026-00009", client=mine, **dates)
    bill.payer.__class__.objects.filter(pk=bill.payer_id).update(bills_client=True)
    issued(branch, "66.00", due=NOW.date(), issued_on=dt.date(2026, 11, 18), number="BOS-2026-00010", client=other)
    page = as_user(relative).get(reverse("reports:portal")).content.decode()
    assert "Care for Rosa" in page and "Maria" in page and "1 of 2 tasks done" in page
    assert "BOS-2026-00009" in page and "$55.00" in page
    for hidden in ("Secretname", "Stranger", "BOS-2026-00010", "Cook"):
        assert hidden not in page
    assert Event.objects.about(mine).filter(kind="view", user=relative).count() == 1
    assert as_user(coordinator).get(reverse("reports:portal")).status_code == 403


def test_portal_invoices_are_read_by_their_family_alone(branch, relative, coordinator, as_user):
    mine, other = ClientFactory(branch=branch), ClientFactory(branch=branch)
    ContactFactory(client=mine, user=relative, has_portal=True)
    dates = {"due": dt.date(2026, 11, 20), "issued_on": dt.date(2026, 11, 1)}
    bill = issued(branch, "55.00", number="BOS-2026-00009", client=mine, **dates)
    foreign = issued(branch, "66.00", number="BOS-2026-00010", client=other, **dates)
    for one in (bill, foreign):
        one.payer.__class__.objects.filter(pk=one.payer_id).update(bills_client=True)
    http = as_user(relative)
    page = http.get(reverse("reports:portal-invoices")).content.decode()
    assert "BOS-2026-00009" in page and "$55.00 still to pay" in page and "Overdue" in page
    assert "BOS-2026-00010" not in page
    assert http.get(reverse("billing:invoice-pdf", args=[bill.pk]))["Content-Type"] == "application/pdf"
    assert http.get(reverse("billing:invoice-pdf", args=[foreign.pk])).status_code == 404
    assert as_user(coordinator).get(reverse("reports:portal-invoices")).status_code == 403


def test_families_have_a_frame_without_the_office_menu(relative, coordinator, as_user):
    for name in ("reports:portal", "reports:portal-invoices", "accounts:profile", "inbox:preferences"):
        page = as_user(relative).get(reverse(name)).content
        assert b'data-frame="family"' in page and b'id="sidebar"' not in page
    assert b'data-frame="office"' in as_user(coordinator).get(reverse("accounts:profile")).content


def test_portal_without_a_client_says_what_to_do(relative, as_user):
    assert b"No client is linked" in as_user(relative).get(reverse("reports:portal")).content


def test_home_leads_everybody_to_their_start(coordinator, caregiver, relative, as_user):
    starts = {coordinator: "reports:today", caregiver.user: "scheduling:phone-today", relative: "reports:portal"}
    for user, start in starts.items():
        assert as_user(user).get("/").headers["Location"] == reverse(start)
    assert timezone.now() == NOW
