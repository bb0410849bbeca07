"""Pages of clients and referrals: who may, which rows, what is shown, what stays typed, how many queries."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients.models import Address, Client, Contact, Referral
from clients.services.referral import accept_referral, import_bundle
from homecare.audit.models import Event
from tests.clients.bundles import condition, medication, observation, patient, raw
from tests.factories import (
    AddressFactory,
    ClientFactory,
    ContactFactory,
    DiagnosisFactory,
    MemberFactory,
    ReferralFactory,
)

READERS = ["administrator", "manager", "coordinator", "supervisor", "biller"]
INTAKE = ["administrator", "manager", "coordinator"]


@pytest.fixture(autouse=True)
def no_steps(settings):
    settings.REFERRAL_STEPS = []


@pytest.fixture
def people(administrator, manager, coordinator, supervisor, biller, caregiver, relative):
    return {
        "administrator": administrator,
        "manager": manager,
        "coordinator": coordinator,
        "supervisor": supervisor,
        "biller": biller,
        "caregiver": caregiver.user,
        "relative": relative,
    }


@pytest.fixture
def client(branch):
    return ClientFactory(branch=branch)


@pytest.fixture
def referral(coordinator):
    parts = [patient(), condition(), medication(), observation("8480-6", 132, "mm[Hg]")]
    return import_bundle(raw(*parts), "lopez.json", by=coordinator).referral


PAGES = {
    "client-list": READERS,
    "client-create": INTAKE,
    "client-detail": READERS,
    "client-update": INTAKE,
    "address-create": INTAKE,
    "contact-create": INTAKE,
    "careteam-add": [*INTAKE, "supervisor"],
    "preference-add": INTAKE,
    "diagnosis-create": [*INTAKE, "supervisor"],
    "allergy-create": [*INTAKE, "supervisor"],
    "referral-list": READERS,
    "referral-upload": INTAKE,
    "referral-detail": READERS,
    "referral-accept": INTAKE,
    "referral-decline": INTAKE,
}


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_for_the_right_roles_only(name, people, client, referral, as_user):
    args = [] if name.endswith(("-list", "-upload")) or name == "client-create" else [client.pk]
    if name.startswith("referral-") and args:
        args = [referral.pk]
    url = reverse(f"clients:{name}", args=args)
    codes = {who: as_user(user).get(url).status_code for who, user in people.items()}
    assert codes == {who: 200 if who in PAGES[name] else 403 for who in people}


def test_page_of_another_branch_is_not_there(client, other_coordinator, as_user):
    http = as_user(other_coordinator)
    address = AddressFactory(client=client)
    contact = ContactFactory(client=client)
    for name, pk in [
        ("client-detail", client.pk),
        ("client-update", client.pk),
        ("address-create", client.pk),
        ("address-update", address.pk),
        ("contact-update", contact.pk),
    ]:
        assert http.get(reverse(f"clients:{name}", args=[pk])).status_code == 404
    assert http.post(reverse("clients:contact-remove", args=[contact.pk])).status_code == 404
    assert http.post(reverse("clients:client-status", args=[client.pk]) + "?to=on_hold").status_code == 404
    assert client.full_name not in http.get(reverse("clients:client-list")).content.decode()


def test_referral_of_another_branch_is_not_there(referral, branch, coordinator, other_coordinator, as_user):
    assert as_user(other_coordinator).get(referral.get_absolute_url()).status_code == 200
    accept_referral(referral, branch=branch, by=coordinator)
    assert as_user(other_coordinator).get(referral.get_absolute_url()).status_code == 404


def test_client_page_tells_a_stranger_what_matters(client, coordinator, caregiver, as_user):
    Client.objects.filter(pk=client.pk).update(important="Never lift her left arm.", preferred_name="Rosie")
    AddressFactory(client=client, access_notes="Key safe 4711")
    ContactFactory(client=client, phone="(617) 555-0100", is_emergency=True)
    DiagnosisFactory(client=client)
    client.allergies.create(substance="Penicillin", severity="high")
    client.care_team.create(member=caregiver, since=dt.date(2026, 1, 5))
    page = as_user(coordinator).get(client.get_absolute_url()).content.decode()
    for words in [
        "Never lift her left arm.",
        "Likes to be called Rosie",
        "1 Beacon Street",
        "Key safe 4711",
        "(617) 555-0100",
        "Heart failure",
        "Penicillin",
        caregiver.full_name,
        "12 May 1940",
    ]:
        assert words in page
    assert Event.objects.filter(kind="view", object_id=client.pk, user=coordinator, reason="summary").count() == 1


def test_next_steps_show_until_all_are_done(client, coordinator, as_user):
    page = as_user(coordinator).get(client.get_absolute_url()).content.decode()
    assert "Next steps" in page
    Client.objects.filter(pk=client.pk).update(status="discharged")
    assert "Next steps" not in as_user(coordinator).get(client.get_absolute_url()).content.decode()


@pytest.mark.parametrize("words", ["Lopez0007", "lopes0007", "C-900007", "rosa lopez0007"])
def test_client_search_forgives_slips(words, branch, coordinator, as_user):
    ClientFactory(branch=branch, last_name="Lopez0007", number="C-900007")
    ClientFactory(branch=branch, first_name="Walter", last_name="Okonkwo", number="C-900008")
    page = as_user(coordinator).get(reverse("clients:client-list"), {"q": words})
    assert [row.number for row in page.context["object_list"]] == ["C-900007"]


def test_client_list_filters_by_status_and_branch(branch, other_branch, manager, as_user):
    active = ClientFactory(branch=branch)
    ClientFactory(branch=branch, status="discharged")
    ClientFactory(branch=other_branch)
    page = as_user(manager).get(reverse("clients:client-list"), {"status": "active", "branch": branch.pk})
    assert list(page.context["object_list"]) == [active]


@pytest.mark.parametrize("sort", ["number", "-name", "status", "town", "-since", "nonsense", "-"])
def test_client_list_sorts(sort, client, coordinator, as_user):
    assert as_user(coordinator).get(reverse("clients:client-list"), {"sort": sort}).status_code == 200


@pytest.mark.parametrize("name", ["client-list", "referral-list"])
def test_lists_cost_the_same_for_1_and_30_rows(name, branch, coordinator, as_user):
    http, url = as_user(coordinator), reverse(f"clients:{name}")

    def more(count):
        for _n in range(count):
            AddressFactory(client=ClientFactory(branch=branch))
            ReferralFactory(branch=branch)

    more(1)
    http.get(url)
    with CaptureQueriesContext(connection) as one:
        http.get(url)
    more(29)
    with CaptureQueriesContext(connection) as thirty:
        assert len(http.get(url).context["object_list"]) == 30
    assert len(one) == len(thirty)
    assert len(thirty) <= 12


def test_client_page_costs_the_same_however_much_hangs_on_it(client, coordinator, as_user):
    def more(count):
        for number in range(count):
            AddressFactory(client=client, is_primary=False)
            ContactFactory(client=client)
            DiagnosisFactory(client=client, display=f"Condition {number}")
            member = MemberFactory(branch=client.branch)
            client.care_team.create(member=member, since=dt.date(2026, 1, 5))
            client.caregiver_preferences.create(member=member, kind="preferred")

    http = as_user(coordinator)
    more(1)
    http.get(client.get_absolute_url())
    with CaptureQueriesContext(connection) as few:
        http.get(client.get_absolute_url())
    more(8)
    with CaptureQueriesContext(connection) as many:
        http.get(client.get_absolute_url())
    assert len(few) == len(many)


NEW = {
    "first_name": "Rosa",
    "last_name": "Lopez",
    "birth_on": "1940-05-12",
    "language": "es",
    "line1": "1 Elm Street",
    "city": "Boston",
    "state": "ma",
    "access_notes": "Ring twice",
}


def test_create_page_opens_a_chart(branch, coordinator, as_user):
    answer = as_user(coordinator).post(reverse("clients:client-create"), {**NEW, "branch": branch.pk})
    made = Client.objects.get()
    assert answer.url == made.get_absolute_url()
    assert (made.status, made.language, str(made.addresses.get())) == ("inquiry", "es", "1 Elm Street, Boston, MA")


def test_create_page_keeps_what_was_typed(branch, coordinator, as_user):
    answer = as_user(coordinator).post(
        reverse("clients:client-create"), {**NEW, "branch": branch.pk, "birth_on": "2999-01-01", "city": ""}
    )
    page = answer.content.decode()
    assert "Please check" in page
    assert 'value="Ring twice"' in page
    assert "Enter street and city" in page
    assert not Client.objects.exists()
    future = as_user(coordinator).post(
        reverse("clients:client-create"), {**NEW, "branch": branch.pk, "birth_on": "2999-01-01"}
    )
    assert "lies in the future" in future.content.decode()


def test_create_page_asks_before_a_second_chart_of_one_person(branch, coordinator, as_user):
    twin = ClientFactory(branch=branch, last_name="Lopez")
    http, url = as_user(coordinator), reverse("clients:client-create")
    page = http.post(url, {**NEW, "branch": branch.pk}).content.decode()
    assert twin.number in page
    assert 'name="is_new_person"' in page
    http.post(url, {**NEW, "branch": branch.pk, "is_new_person": "on"})
    assert Client.objects.count() == 2


def test_create_page_does_not_offer_other_branches(other_branch, branch, coordinator, as_user):
    answer = as_user(coordinator).post(reverse("clients:client-create"), {**NEW, "branch": other_branch.pk})
    assert answer.status_code == 200
    assert not Client.objects.exists()


def test_update_page_saves_and_keeps(client, coordinator, as_user):
    url = reverse("clients:client-update", args=[client.pk])
    person = {"first_name": "Rosalia", "last_name": "Lopez", "birth_on": "1940-05-12", "language": "en"}
    bad = as_user(coordinator).post(url, {**person, "email": "nonsense"})
    assert 'value="Rosalia"' in bad.content.decode()
    client.refresh_from_db()
    assert client.first_name == "Rosa"
    as_user(coordinator).post(url, {**person, "email": "rosalia@homecare.example"})
    client.refresh_from_db()
    assert (client.first_name, client.email) == ("Rosalia", "rosalia@homecare.example")


def test_status_page_wants_a_reason(client, coordinator, as_user):
    http, url = as_user(coordinator), reverse("clients:client-status", args=[client.pk]) + "?to=on_hold"
    assert http.post(url, {"reason": ""}).status_code == 200
    http.post(url, {"reason": "In hospital"})
    client.refresh_from_db()
    assert (client.status, client.status_reason) == ("on_hold", "In hospital")
    page = http.get(client.get_absolute_url()).content.decode()
    assert "In hospital" in page
    assert "Resume care" in page
    http.post(reverse("clients:client-status", args=[client.pk]) + "?to=active")
    client.refresh_from_db()
    assert client.status == "active"
    assert http.post(reverse("clients:client-status", args=[client.pk]) + "?to=nonsense").status_code == 404
    refused = http.post(reverse("clients:client-status", args=[client.pk]) + "?to=inquiry")
    assert "cannot become inquiry" in refused.content.decode()


def test_record_rows_are_added_and_removed(client, coordinator, caregiver, as_user):
    http = as_user(coordinator)

    def post(name, pk, /, **fields):
        answer = http.post(reverse(f"clients:{name}", args=[pk]), fields)
        assert answer.status_code == 302, answer.content.decode()
        assert answer.url == client.get_absolute_url()

    post("address-create", client.pk, kind="home", line1="1 Elm Street", city="Boston", latitude="42", longitude="-71")
    address = Address.objects.get()
    post("address-update", address.pk, kind="home", line1="2 Elm Street", city="Boston", is_primary="on")
    post("contact-create", client.pk, name="Ana", phone="617 555 0100", is_emergency="on")
    contact = Contact.objects.get()
    post("contact-update", contact.pk, name="Ana Lopez", phone="617 555 0100")
    post("contact-remove", contact.pk)
    post("careteam-add", client.pk, member=caregiver.pk, part="Caregiver", since="2026-01-05")
    post("careteam-end", client.care_team.get().pk, until="2026-02-05")
    post("preference-add", client.pk, member=caregiver.pk, kind="excluded", reason="Wish of the daughter")
    post("preference-remove", client.caregiver_preferences.get().pk)
    post("diagnosis-create", client.pk, display="Diabetes", system="http://hl7.org/fhir/sid/icd-10-cm", code="E11.9")
    post("diagnosis-resolve", client.diagnoses.get().pk, resolved_on="2026-01-05")
    post("allergy-create", client.pk, substance="Latex", severity="low")
    post("allergy-remove", client.allergies.get().pk)
    actions = set(Event.objects.about_client(client.pk).exclude(kind="view").values_list("action", flat=True))
    assert actions == {
        "address.added",
        "address.updated",
        "contact.added",
        "contact.updated",
        "contact.removed",
        "careteammember.added",
        "careteammember.updated",
        "caregiverpreference.added",
        "caregiverpreference.removed",
        "diagnosis.added",
        "diagnosis.updated",
        "allergy.added",
        "allergy.removed",
    }


def test_dialog_form_stays_with_what_was_typed(client, coordinator, as_user):
    answer = as_user(coordinator).post(
        reverse("clients:contact-create", args=[client.pk]),
        {"name": "Ana", "receives_invoices": "on"},
        headers={"HX-Request": "true", "HX-Target": "dialog"},
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Enter a phone number or an e-mail" in page
    assert 'value="Ana"' in page
    assert "<html" not in page


def test_review_page_shows_what_was_read_and_what_is_missing(referral, coordinator, as_user):
    page = as_user(coordinator).get(referral.get_absolute_url()).content.decode()
    for words in ["Heart failure", "Amlodipine 5 MG", "132 mmHg", "12 Elm Street", "Somebody to call in an emergency."]:
        assert words in page
    assert Event.objects.filter(action="referral.viewed", object_id=referral.pk).count() == 1


def test_review_page_warns_of_a_chart_that_exists(referral, branch, coordinator, as_user):
    twin = ClientFactory(branch=branch, medical_record_number="MRN-77")
    assert twin.number in as_user(coordinator).get(referral.get_absolute_url()).content.decode()


def test_accept_page_proposes_the_nearest_branch(branch, other_branch, manager, as_user):
    type(branch).objects.filter(pk=branch.pk).update(latitude=42.36, longitude=-71.06)
    type(branch).objects.filter(pk=other_branch.pk).update(latitude=42.10, longitude=-72.59)
    geo = {
        "url": "http://hl7.org/fhir/StructureDefinition/geolocation",
        "extension": [{"url": "latitude", "valueDecimal": 42.2}, {"url": "longitude", "valueDecimal": -72.6}],
    }
    person = patient(address=[{"extension": [geo], "line": ["1 Main Street"], "city": "Holyoke"}])
    row = import_bundle(raw(person), "a.json", by=manager).referral
    http = as_user(manager)
    form = http.get(reverse("clients:referral-accept", args=[row.pk])).context["form"]
    assert form["branch"].initial == other_branch.pk
    answer = http.post(reverse("clients:referral-accept", args=[row.pk]), {"branch": other_branch.pk})
    made = Client.objects.get()
    assert (answer.url, made.branch) == (made.get_absolute_url(), other_branch)


def test_accept_page_refuses_a_branch_that_is_not_ones_own(referral, other_branch, coordinator, as_user):
    answer = as_user(coordinator).post(
        reverse("clients:referral-accept", args=[referral.pk]), {"branch": other_branch.pk}
    )
    assert answer.status_code == 200
    assert not Client.objects.exists()


def test_decline_page_keeps_the_reason(referral, coordinator, as_user):
    http = as_user(coordinator)
    assert "Please check" in http.post(reverse("clients:referral-decline", args=[referral.pk]), {}).content.decode()
    http.post(reverse("clients:referral-decline", args=[referral.pk]), {"reason": "Out of our area"})
    assert "Out of our area" in http.get(referral.get_absolute_url()).content.decode()
    http.post(reverse("clients:referral-reopen", args=[referral.pk]))
    assert Referral.objects.get().status == "received"


def test_referral_list_filters_and_searches(coordinator, referral, as_user):
    ReferralFactory(first_name="Walter", last_name="Okonkwo", status="declined")
    http, url = as_user(coordinator), reverse("clients:referral-list")
    assert [r.last_name for r in http.get(url, {"q": "lopes"}).context["object_list"]] == ["Lopez"]
    assert [r.last_name for r in http.get(url, {"status": "declined"}).context["object_list"]] == ["Okonkwo"]
    for sort in ("name", "-name", "sender", "-received", "status", "x"):
        assert http.get(url, {"sort": sort}).status_code == 200


def test_summary_in_the_database_is_plain_json(referral):
    assert json.loads(json.dumps(referral.summary)) == referral.summary
