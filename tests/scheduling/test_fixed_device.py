"""A device at the client's home shows a code each minute; the code says when a caregiver was there."""

import base64
import datetime as dt
import re
import threading
import uuid
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from homecare.errors import Conflict, DomainError
from homecare.sealed import Unreadable, seal, unseal
from scheduling.fixed_codes import code_of, moment_of, read_secret, step_of, steps_of
from scheduling.models import ClockEvent, FixedDevice, PhoneEvent
from scheduling.services.clock_pin import issue_pin
from scheduling.services.fixed_device import clock_by_code, register_device, remove_device
from scheduling.services.phone_event import receive_event
from tests.factories import AddressFactory, ClientFactory, VisitFactory
from tests.scheduling.test_clock import EIGHT, at, kinds
from tests.scheduling.test_telephone_call import HOME, call, texts

RFC_SECRET = b"12345678901234567890"
SEED = base64.b32encode(RFC_SECRET).decode()
EVENING = EIGHT + dt.timedelta(hours=10)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (2000000000, "69279037")],
)
def test_codes_are_those_of_the_standard(seconds, expected):
    """RFC 6238, appendix B, SHA-1: steps of 30 seconds there, the same arithmetic here."""
    assert code_of(RFC_SECRET, seconds // 30) == expected


def test_code_is_found_within_seven_days():
    step = step_of(EIGHT)
    code = code_of(RFC_SECRET, step)
    assert steps_of(RFC_SECRET, code, EIGHT + dt.timedelta(days=7)) == [step]
    assert steps_of(RFC_SECRET, code, EIGHT + dt.timedelta(days=7, minutes=1)) == []
    assert steps_of(RFC_SECRET, code, EIGHT - dt.timedelta(minutes=1)) == [step]
    assert steps_of(RFC_SECRET, code, EIGHT - dt.timedelta(minutes=2)) == []
    assert steps_of(RFC_SECRET, "1234", EIGHT) == []
    assert moment_of(step) == EIGHT


@pytest.mark.parametrize("text", ["", "abc", "0189 0189 0189 0189"])
def test_seed_that_is_none_is_refused(text):
    with pytest.raises(ValueError):
        read_secret(text)


def test_seed_is_read_as_makers_print_it():
    assert read_secret("gezd gnbv-gy3t qojq gezd gnbv gy3t qojq") == RFC_SECRET


@pytest.fixture
def visit(caregiver):
    client = ClientFactory(branch=caregiver.branch, phone="617-555-0101")
    AddressFactory(client=client)
    return VisitFactory(caregiver=caregiver, starts_at=EIGHT, client=client)


@pytest.fixture
def device(visit, coordinator):
    address = visit.client.addresses.get()
    return register_device(
        visit.client, address=address, serial="FX-1", installed_on=dt.date(2026, 1, 1), secret=SEED, by=coordinator
    )[0]


def shown(minutes):
    return code_of(RFC_SECRET, step_of(at(minutes)))


def enter(caregiver, visit, kind, code, until=EVENING):
    """By telephone: the home is known, the visit is not."""
    return clock_by_code(caregiver, kind, code, by=caregiver.user, until=until, client_id=visit.client_id)


def type_in(caregiver, visit, kind, code, until=EVENING):
    """On the visit's page."""
    return clock_by_code(caregiver, kind, code, by=caregiver.user, until=until, of_visit=visit)


def test_codes_entered_in_the_evening_carry_out_the_visit(visit, caregiver, device):
    enter(caregiver, visit, "out", shown(61))
    enter(caregiver, visit, "in", shown(3))
    visit.refresh_from_db()
    assert (visit.status, visit.started_at, visit.finished_at, kinds(visit)) == ("completed", at(3), at(61), [])
    assert set(ClockEvent.objects.values_list("method", "device", "client")) == {
        ("fixed_device", device.pk, visit.client_id)
    }


def test_code_counts_once(visit, caregiver, device):
    enter(caregiver, visit, "in", shown(0))
    with pytest.raises(DomainError) as refused:
        enter(caregiver, visit, "out", shown(0))
    assert refused.value.field == "code"


def test_code_of_another_home_or_nobody_s_is_refused(visit, caregiver, device):
    elsewhere = VisitFactory(caregiver=caregiver, starts_at=at(120), client__branch=caregiver.branch)
    for where, code in ((elsewhere, shown(121)), (visit, "00000000")):
        with pytest.raises(DomainError):
            enter(caregiver, where, "in", code)


def test_code_without_a_visit_is_kept_unmatched(visit, caregiver, device):
    event = enter(caregiver, visit, "in", shown(300))
    assert (event.visit, event.at, event.client_id) == (None, at(300), visit.client_id)


def test_code_shown_twice_means_the_time_that_fits_a_visit(visit, caregiver, device, monkeypatch):
    steps = [step_of(at(500)), step_of(at(2))]
    monkeypatch.setattr("scheduling.services.fixed_device.steps_of", lambda *args: steps)
    event = enter(caregiver, visit, "in", "12345678")
    assert (event.visit, event.at, event.reason) == (visit, at(2), "This code was shown 2 times.")


@pytest.fixture
def later(visit, caregiver):
    """A second visit to the same client, half an hour after the first."""
    return VisitFactory(caregiver=caregiver, starts_at=at(90), client=visit.client)


def test_code_typed_on_a_visit_s_page_is_of_that_visit(visit, later, caregiver, device):
    """By telephone the nearest is meant; a page says which one."""
    assert type_in(caregiver, visit, "in", shown(70)).visit == visit
    assert type_in(caregiver, later, "in", shown(20)).visit == later
    assert type_in(caregiver, visit, "out", shown(85)).visit == visit


def test_code_told_by_telephone_is_of_the_nearest_visit(visit, later, caregiver, device):
    assert enter(caregiver, visit, "in", shown(70)).visit == later


def test_code_of_another_day_typed_on_a_page_waits_for_the_office(visit, caregiver, device):
    tomorrow = VisitFactory(caregiver=caregiver, starts_at=EIGHT + dt.timedelta(days=1), client=visit.client)
    event = type_in(caregiver, tomorrow, "in", shown(2))
    assert (event.visit, event.at, event.client_id) == (None, at(2), visit.client_id)
    visit.refresh_from_db()
    assert visit.status == "planned"


def test_code_shown_twice_means_the_time_that_fits_the_page_s_visit(visit, later, caregiver, device, monkeypatch):
    steps = [step_of(at(500)), step_of(at(88)), step_of(at(-90))]
    monkeypatch.setattr("scheduling.services.fixed_device.steps_of", lambda *args: steps)
    event = type_in(caregiver, later, "in", "12345678")
    assert (event.visit, event.at) == (later, at(88))


def test_code_entered_on_the_phone_goes_to_the_page_it_was_typed_on(visit, later, caregiver, device, as_user):
    http = as_user(caregiver.user)
    with time_machine.travel(EVENING, tick=False):
        http.post(reverse("scheduling:phone-device-code", args=[visit.pk]), {"kind": "in", "code": shown(75)})
    assert ClockEvent.objects.get().visit == visit


def kept() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed_secret FROM scheduling_fixeddevice")
        return cursor.fetchone()[0]


def test_seed_is_not_in_the_database(device):
    assert SEED not in kept() and RFC_SECRET.hex() not in kept()
    assert device.secret == SEED
    assert seal(SEED, "fixed_device") != kept()
    with pytest.raises(Unreadable):
        unseal(kept(), "another purpose")


def test_seed_survives_a_new_key_and_is_sealed_under_it(visit, caregiver, device, settings, capsys):
    former, settings.SECRET_KEY = settings.SECRET_KEY, "a new key of this installation"
    settings.SECRET_KEY_FALLBACKS = [former]
    enter(caregiver, visit, "in", shown(3))
    call_command("reseal")
    settings.SECRET_KEY_FALLBACKS = []
    assert capsys.readouterr().out == "1 sealed under the present key.\n"
    assert enter(caregiver, visit, "out", shown(61)).visit == visit


def test_seed_under_a_forgotten_key_counts_for_nothing_and_says_so(
    visit, caregiver, device, coordinator, settings, as_user, capsys
):
    settings.SECRET_KEY = "a new key, and the former is forgotten"
    with pytest.raises(DomainError) as refused:
        enter(caregiver, visit, "in", shown(3))
    assert refused.value.field == "code"
    call_command("reseal")
    assert "Device FX-1: its seed cannot be read" in capsys.readouterr().err
    page = as_user(coordinator).get(reverse("scheduling:device-list", args=[visit.client_id])).content.decode()
    assert "Its seed cannot be read any more" in page


def test_migration_seals_what_is_there_and_can_go_back(device):
    migration = import_module("scheduling.migrations.0037_seal_device_seeds")
    FixedDevice.objects.update(sealed_secret=SEED)
    migration.change(apps, migration.seal)
    assert FixedDevice.objects.get().secret == SEED and kept() != SEED
    migration.change(apps, migration.unseal)
    assert kept() == SEED


def test_device_that_stood_elsewhere_on_that_day_does_not_count(visit, caregiver, device):
    FixedDevice.objects.filter(pk=device.pk).update(installed_on=dt.date(2026, 11, 4))
    with pytest.raises(DomainError):
        enter(caregiver, visit, "in", shown(0))


def test_device_moves_only_after_it_was_removed(visit, device, coordinator):
    other = AddressFactory(client=ClientFactory(branch=visit.branch))
    where = {"address": other, "serial": "fx-1", "installed_on": dt.date(2026, 12, 1), "by": coordinator}
    with pytest.raises(Conflict):
        register_device(other.client, **where)
    remove_device(device, by=coordinator)
    remove_device(device, by=coordinator)
    assert register_device(other.client, **where)[1] != SEED


def test_address_of_somebody_else_and_a_bad_seed_are_refused(visit, coordinator):
    stranger = AddressFactory(client=ClientFactory(branch=visit.branch))
    where = {"serial": "X", "installed_on": dt.date(2026, 1, 1), "by": coordinator}
    with pytest.raises(DomainError) as refused:
        register_device(visit.client, address=stranger, **where)
    assert refused.value.field == "address"
    with pytest.raises(DomainError) as refused:
        register_device(visit.client, address=visit.client.addresses.get(), secret="1", **where)
    assert refused.value.field == "secret"


@pytest.mark.django_db(transaction=True)
def test_two_who_enter_the_same_code_at_once_count_once(visit, caregiver, device):
    """The unique index is the judge when neither sees the other's row."""
    results, start = [], threading.Barrier(2)

    def race(kind):
        start.wait()
        try:
            results.append(enter(caregiver, visit, kind, shown(300)).pk)
        except DomainError as error:
            results.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=[kind]) for kind in ("in", "out")]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert ClockEvent.objects.count() == 1
    assert len([one for one in results if isinstance(one, str)]) == 1


def test_code_comes_through_the_outbox(visit, caregiver, device):
    with time_machine.travel(EVENING, tick=False):
        key = uuid.uuid4()
        for _twice in range(2):
            receipt = receive_event(caregiver, key, "device_code", visit.pk, EVENING, {"kind": "in", "code": shown(1)})
        assert receipt.event.answer["state"] == "applied"
        wrong = receive_event(
            caregiver, uuid.uuid4(), "device_code", visit.pk, EVENING, {"kind": "out", "code": "00000000"}
        )
    assert (wrong.event.status, ClockEvent.objects.count()) == ("to_review", 1)
    assert "seven days" in wrong.event.answer["sentence"]


def test_code_by_telephone(visit, caregiver, device, coordinator):
    pin = issue_pin(caregiver, by=coordinator)[1]
    replies = call("A", EVENING, pin, "3", "2", shown(60))
    assert texts(replies[-1])[0] == "You are clocked out at 9:00 AM."
    event = ClockEvent.objects.get()
    assert (event.method, event.originating_number, event.visit) == ("fixed_device", HOME, visit)


def test_phone_page_takes_a_code(visit, caregiver, device, as_user):
    http, url = as_user(caregiver.user), reverse("scheduling:phone-visit", args=[visit.pk])
    act = reverse("scheduling:phone-device-code", args=[visit.pk])
    with time_machine.travel(EVENING, tick=False):
        assert "Codes from the device" in http.get(url).content.decode()
        again = http.post(act, {"kind": "in", "code": "12"})
        assert (again.status_code, 'value="12"' in again.content.decode()) == (422, True)
        http.post(act, {"kind": "in", "code": f"{shown(1)[:4]} {shown(1)[4:]}"})
    assert (ClockEvent.objects.get().visit, PhoneEvent.objects.get().status) == (visit, "applied")


def test_device_is_registered_and_removed_on_the_client_s_page(visit, coordinator, as_user):
    http, url = as_user(coordinator), reverse("scheduling:device-list", args=[visit.client_id])
    fields = {"serial": "FX-9", "address": visit.client.addresses.get().pk, "installed_on": "2026-11-01"}
    body = http.post(url, fields).content.decode()
    seed = re.search(r"<code>(\w+)</code>", body).group(1)
    device = FixedDevice.objects.get()
    assert device.secret == seed and seed not in http.get(url).content.decode()
    assert "stands at another address" in http.post(url, fields).content.decode()
    http.post(reverse("scheduling:device-remove", args=[device.pk]))
    device.refresh_from_db()
    assert device.removed_on is not None
