"""Whom the figures about booking are taken with, and measuring without keeping what was written."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from clients.models import Client
from homecare.accounts.models import User
from scheduling.models import ServiceType, Visit
from scheduling.services.visit import create_visit
from staff.models import Member

FAR = dt.datetime(2031, 3, 3, 14, tzinfo=dt.UTC)  # a Monday 09:00 in Boston, long after the demo's horizon
HOUR = dt.timedelta(hours=1)


def the_cast() -> tuple[User, Client, Member, ServiceType]:
    client = Client.objects.active().order_by("pk")[1]
    member = Member.objects.filter(branch=client.branch, role__code="PSW").order_by("pk")[0]
    return User.objects.get(email__startswith="coordinator@"), client, member, ServiceType.objects.get(code="PC")


class Undone(Exception):
    """Ends a measured transaction without keeping its rows."""


def book(moment: dt.datetime, cast: tuple[User, Client, Member, ServiceType]) -> Visit:
    by, client, member, service = cast
    return create_visit(
        client,
        service_type=service,
        starts_at=moment,
        ends_at=moment + HOUR,
        caregiver=member,
        by=by,
        override_reason="Measured",
    )


def rolled_back(call):  # type: ignore[no-untyped-def]
    def once() -> None:
        try:
            with transaction.atomic():
                call()
                raise Undone
        except Undone:
            pass

    return once
