"""Importing, deciding and reopening referrals; two at once; the command."""

from __future__ import annotations

import datetime as dt
import json
import threading
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connections

from clients.models import Address, Allergy, Client, Contact, Diagnosis, Referral
from clients.services.referral import accept_referral, decline_referral, import_bundle, reopen_referral
from homecare.accounts.models import User
from homecare.audit.models import Event
from homecare.errors import DomainError, InvalidTransition
from tests.clients.bundles import condition, patient, raw, status
from tests.factories import BranchFactory, ReferralFactory

SAMPLES = Path(django_settings.BASE_DIR).parent / "shared" / "data" / "referrals"


@pytest.fixture(autouse=True)
def no_steps(settings):
    """What other domains take over is tested there."""
    settings.REFERRAL_STEPS = []


def test_import_creates_once_and_records(coordinator):
    first = import_bundle(raw(patient(), condition()), "lopez.json", by=coordinator)
    again = import_bundle(raw(condition(), patient()), "other-name.json", by=coordinator)

    assert (first.outcome, again.outcome) == ("created", "unchanged")
    row = Referral.objects.get()
    assert (row.full_name, row.external_system, row.external_id) == (
        "Rosa Maria Lopez",
        "http://hospital.example",
        "MRN-77",
    )
    assert list(Event.objects.about(row).values_list("action", flat=True)) == ["referral.received"]


def test_import_replaces_what_nobody_decided_on(coordinator):
    import_bundle(raw(patient()), "a.json", by=coordinator)
    result = import_bundle(raw(patient(), condition()), "b.json", by=coordinator)
    assert result.outcome == "updated"
    assert [c.display for c in Referral.objects.get().read.conditions] == ["Heart failure"]


def test_import_beside_a_client_is_kept_and_changes_nothing(coordinator, branch):
    row = import_bundle(raw(patient()), "a.json", by=coordinator).referral
    client = accept_referral(row, branch=branch, by=coordinator)
    newer = raw(patient(name=[{"family": "Lopez", "given": ["Rosalia"]}]), condition())

    results = [import_bundle(newer, "b.json", by=coordinator).outcome for _again in range(2)]

    assert results == ["updated", "unchanged"]
    row.refresh_from_db()
    client.refresh_from_db()
    assert (row.first_name, client.first_name, client.diagnoses.count()) == ("Rosa Maria", "Rosa Maria", 0)
    assert row.newer_summary["first_name"] == "Rosalia"


def test_refused_import_leaves_nothing(coordinator):
    result = import_bundle(raw(patient(birthDate=None)), "a.json", by=coordinator)
    assert (result.outcome, result.referral) == ("refused", None)
    assert "Patient.birthDate is missing" in result.problems[0]
    assert not Referral.objects.exists()


def test_social_security_numbers_are_nowhere(coordinator):
    row = import_bundle(raw(patient()), "a.json", by=coordinator).referral
    assert "999-22-1962" not in json.dumps(row.summary)


def test_accept_makes_a_client_with_all_that_was_read(coordinator, branch):
    person = patient(
        contact=[
            {
                "relationship": [status("C"), {"text": "Daughter"}],
                "name": {"family": "Lopez", "given": ["Ana"]},
                "telecom": [{"system": "phone", "value": "617-555-0199"}],
            }
        ]
    )
    allergy = {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": status("active"),
        "patient": {"reference": "Patient/p1"},
        "code": {"text": "Penicillin"},
        "criticality": "high",
    }
    row = import_bundle(raw(person, condition(), allergy), "a.json", by=coordinator).referral

    client = accept_referral(row, branch=branch, by=coordinator)

    assert (client.status, client.full_name, client.medical_record_number) == (
        "assessment",
        "Rosa Maria Lopez",
        "MRN-77",
    )
    assert str(Address.objects.get(client=client)) == "12 Elm Street, Apt 4, Boston, MA 02108"
    assert str(Contact.objects.get(client=client)) == "Ana Lopez (Daughter)"
    assert Contact.objects.get(client=client).is_emergency
    assert str(Diagnosis.objects.get(client=client)) == "Heart failure"
    assert Allergy.objects.get(client=client).severity == "high"
    assert accept_referral(row, branch=branch, by=coordinator) == client
    assert Client.objects.count() == 1


def test_accept_runs_the_steps_of_other_domains_in_its_transaction(coordinator, branch, settings):
    settings.REFERRAL_STEPS = ["tests.clients.test_referral.refusing_step"]
    row = import_bundle(raw(patient()), "a.json", by=coordinator).referral
    with pytest.raises(DomainError, match="no room"):
        accept_referral(row, branch=branch, by=coordinator)
    row.refresh_from_db()
    assert (row.status, Client.objects.count()) == ("received", 0)


def refusing_step(client, summary, *, by):
    raise DomainError("There is no room.")


def test_accept_asks_for_the_date_that_the_sender_did_not_know(coordinator, branch):
    row = import_bundle(raw(patient(birthDate="1941")), "a.json", by=coordinator).referral
    with pytest.raises(DomainError, match="1941") as caught:
        accept_referral(row, branch=branch, by=coordinator)
    assert caught.value.field == "birth_on"
    client = accept_referral(row, branch=branch, by=coordinator, birth_on=dt.date(1941, 3, 2))
    assert client.birth_on == dt.date(1941, 3, 2)


def test_decline_needs_a_reason_and_can_be_reopened_with_the_newest(coordinator, branch):
    row = import_bundle(raw(patient()), "a.json", by=coordinator).referral
    with pytest.raises(DomainError, match="why"):
        decline_referral(row, reason="  ", by=coordinator)
    decline_referral(row, reason="No nurse in Pittsfield", by=coordinator)
    import_bundle(raw(patient(), condition()), "b.json", by=coordinator)

    row = reopen_referral(row, by=coordinator)

    assert (row.status, row.decline_reason, row.newer_summary) == ("received", "", None)
    assert len(row.read.conditions) == 1
    assert decline_referral(row, reason="No", by=coordinator).status == "declined"


@pytest.mark.parametrize("before", list(Referral.Status))
@pytest.mark.parametrize("after", list(Referral.Status))
def test_referral_arrows(before, after, coordinator, branch):
    row = ReferralFactory(
        status=before, birth_on="1940-01-01", summary={"first_name": "A", "last_name": "B", "birth_date": "1940-01-01"}
    )
    acts = {
        "received": lambda: reopen_referral(row, by=coordinator),
        "accepted": lambda: accept_referral(row, branch=branch, by=coordinator),
        "declined": lambda: decline_referral(row, reason="x", by=coordinator),
    }
    if after == before and before != "accepted":
        acts[after]()
    elif row.can_move_to(after):
        acts[after]()
        row.refresh_from_db()
        assert row.status == after
    else:
        with pytest.raises(InvalidTransition):
            acts[after]()
        row.refresh_from_db()
        assert row.status == before


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_give_one_row():
    by = User.system()
    barrier, outcomes, errors = threading.Barrier(2), [], []

    def run():
        try:
            barrier.wait(timeout=10)
            outcomes.append(import_bundle(raw(patient(), condition()), "a.json", by=by).outcome)
        except Exception as error:  # shown below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert errors == []
    assert sorted(outcomes) == ["created", "unchanged"]
    assert Referral.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_acceptances_at_once_give_one_client():
    by, branch = User.system(), BranchFactory()
    row = import_bundle(raw(patient()), "a.json", by=by).referral
    barrier, clients, errors = threading.Barrier(2), [], []

    def run():
        try:
            barrier.wait(timeout=10)
            clients.append(accept_referral(row, branch=branch, by=by).pk)
        except Exception as error:  # shown below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert errors == []
    assert len(clients) == 2
    assert len(set(clients)) == 1


def test_command_tells_each_file_and_fails_when_one_was_refused(db, tmp_path, capsys):
    (tmp_path / "good.json").write_bytes(raw(patient()))
    (tmp_path / "xml.json").write_text("<Bundle/>")
    with pytest.raises(CommandError, match="1 of 2 files were refused"):
        call_command("import_referrals", str(tmp_path))
    out = capsys.readouterr().out
    assert "[1/2] good.json: created" in out
    assert "[2/2] xml.json: refused" in out
    assert "This file is XML" in out
    call_command("import_referrals", str(tmp_path / "good.json"))
    assert "good.json: unchanged" in capsys.readouterr().out


def test_command_reads_all_samples(db, capsys):
    call_command("import_referrals", str(SAMPLES))
    assert "31 created" in capsys.readouterr().out
    assert Referral.objects.count() == 31
    call_command("import_referrals", str(SAMPLES))
    assert "31 unchanged" in capsys.readouterr().out
