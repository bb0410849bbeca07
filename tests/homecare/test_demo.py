"""The demo agency: complete, the same each time, and made only once."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction

from billing.models import Invoice
from clients.models import Client, Referral
from homecare.accounts.models import User
from homecare.webhooks.models import Dispatch, Endpoint
from scheduling.models import (
    Appointment,
    BroadcastRecipient,
    ClockEvent,
    HolidayAnswer,
    LostVisit,
    Offer,
    Visit,
    VisitCorrection,
    VisitRating,
    Waiting,
)
from staff.models import Member

pytestmark = pytest.mark.django_db


class Undo(Exception):
    """Takes the agency back."""


@time_machine.travel(dt.datetime(2026, 11, 18, 15, tzinfo=dt.UTC), tick=False)
def seeded() -> dict[str, object]:
    """What a tiny agency holds, taken back afterwards."""
    found: dict[str, object] = {}
    try:
        with transaction.atomic():
            call_command("seed_demo", size="tiny", stdout=StringIO())
            found = {
                "clients": list(Client.objects.order_by("number").values_list("number", "last_name", "birth_on")),
                "members": list(Member.objects.order_by("employee_number").values_list("last_name", "role__code")),
                "visits": Visit.objects.count(),
                "statuses": set(Visit.objects.values_list("status", flat=True)),
                "invoices": list(Invoice.objects.order_by("number").values_list("number", "total")),
                "waiting": Referral.objects.open().count(),
                "offers": list(Offer.objects.order_by("pk").values_list("mode", "status")),
                "punches": ClockEvent.objects.unmatched().count(),
                "corrections": VisitCorrection.objects.pending().count(),
                "lost": LostVisit.objects.count(),
                "called": Endpoint.objects.active().exists(),
                "around": [
                    list(Waiting.objects.order_by("pk").values_list("client__number", "status")),
                    list(Appointment.objects.order_by("pk").values_list("client__number", "kind", "skipped")),
                    list(HolidayAnswer.objects.order_by("pk").values_list("client__number", "answer")),
                    list(BroadcastRecipient.objects.order_by("pk").values_list("user__email", "body")),
                    BroadcastRecipient.objects.filter(notification__read_at__isnull=False).count(),
                    list(Dispatch.objects.order_by("pk").values_list("status", "attempts", "message__public_id")),
                ],
                "ratings": list(VisitRating.objects.order_by("pk").values_list("score", "visit__client__number")),
            }
            raise Undo
    except Undo:
        return found


def test_demo_is_complete_and_the_same_each_time():
    first = seeded()
    assert first["statuses"] >= {"planned", "completed", "approved", "cancelled"}
    assert (len(first["clients"]), len(first["members"]), first["waiting"]) == (12, 20, 3)
    assert first["invoices"]
    assert first["offers"] == [("first", "open"), ("choose", "open")]
    assert first["lost"] > 0
    assert (first["punches"], first["corrections"]) == (1, 1)
    assert [score for score, _client in first["ratings"]] == [5, 4, 2]
    waiting, appointments, answers, told, read, dispatches = first["around"]
    assert {status for _client, status in waiting} == {"waiting", "elsewhere"}
    assert any(skipped for _client, _kind, skipped in appointments)
    assert {answer for _client, answer in answers} == {"keep", "cancel"}
    assert 0 < read < len(told)
    assert {status for status, _attempts, _id in dispatches} == {"delivered", "failed", "waiting"}
    assert first["called"] is False, "a demo calls nobody"
    second = seeded()
    assert {**second, "statuses": first["statuses"]} == first


def test_demo_is_made_once():
    call_command("seed_demo", size="tiny", stdout=StringIO())
    people = User.objects.count()
    call_command("seed_demo", size="tiny", if_empty=True, stdout=StringIO())
    assert User.objects.count() == people
    with pytest.raises(CommandError, match="an agency in this database already"):
        call_command("seed_demo", size="tiny", stdout=StringIO())
    out = StringIO()
    call_command("demo_logins", stdout=out)
    assert len(out.getvalue().splitlines()) == 7
