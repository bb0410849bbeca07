"""Conditions and allergies on a client's record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from clients.models import Allergy, Client, Diagnosis
from clients.services.child_row import add_row, remove_row, update_row
from homecare import clock
from homecare.accounts.models import User
from homecare.errors import DomainError


def add_diagnosis(client: Client, *, by: User, **fields: Any) -> Diagnosis:
    """A condition the person has from now on, or since `onset_on`."""
    onset = fields.get("onset_on")
    if onset and onset > clock.today(client.branch.time_zone):
        raise DomainError(_("This day lies in the future. Correct it."), field="onset_on")
    return add_row(Diagnosis, by=by, client=client, **fields)


def resolve_diagnosis(diagnosis: Diagnosis, *, resolved_on: dt.date, by: User) -> Diagnosis:
    """The condition is over; it stays on the record."""
    if diagnosis.onset_on and resolved_on < diagnosis.onset_on:
        raise DomainError(_("It cannot be over before it began."), field="resolved_on")
    if resolved_on > clock.today(diagnosis.client.branch.time_zone):
        raise DomainError(_("This day lies in the future. Correct it."), field="resolved_on")
    return update_row(diagnosis, by=by, resolved_on=resolved_on)


def add_allergy(client: Client, *, by: User, **fields: Any) -> Allergy:
    """A substance the person must not meet."""
    return add_row(Allergy, by=by, client=client, **fields)


def remove_allergy(allergy: Allergy, *, by: User) -> None:
    """An allergy that turned out to be none; the trail keeps that it was recorded."""
    remove_row(allergy, by=by)
