"""Fixed devices: which stands where, and what a code of one says about a visit."""

from __future__ import annotations

import base64
import datetime as dt
import logging
import secrets
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clients.models import Address, Client
from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.clock import local_date, today
from homecare.errors import DomainError, readable
from homecare.sealed import Unreadable, reseal, seal
from scheduling.fixed_codes import WITHIN, moment_of, read_secret, steps_of
from scheduling.models import ClockEvent, FixedDevice, Visit
from scheduling.punch_visit import right_visit
from scheduling.services import clock
from staff.models import Member

logger = logging.getLogger(__name__)


class Shown(NamedTuple):
    """A device that showed a code, and the minute at which it did."""

    device: FixedDevice
    step: int

    @property
    def at(self) -> dt.datetime:
        return moment_of(self.step)


@transaction.atomic
def register_device(
    client: Client, *, address: Address, serial: str, installed_on: dt.date, secret: str = "", by: User
) -> tuple[FixedDevice, str]:
    """A device stands at the client's address from that day. Without a seed one is made, to be put into the device.

    The seed is returned once. DomainError names the field; a serial that stands elsewhere is a Conflict.
    """
    secret = "".join(secret.split()) or base64.b32encode(secrets.token_bytes(20)).decode()
    try:
        read_secret(secret)
    except ValueError:
        raise DomainError(
            _("This is no seed: letters A to Z and digits 2 to 7, at least 16."), field="secret"
        ) from None
    if address.client_id != client.pk:
        raise DomainError(_("Choose an address of this client."), field="address")
    try:
        with transaction.atomic():
            device = FixedDevice.objects.create(
                client=client,
                address=address,
                serial=serial.strip(),
                sealed_secret=seal(secret, FixedDevice.SEALED_FOR),
                installed_on=installed_on,
                registered_by=by,
            )
    except IntegrityError as error:
        raise readable(error) from error
    record("fixed_device.registered", device, by=by, changes={"serial": [None, device.serial]})
    return device, secret


@transaction.atomic
def remove_device(device: FixedDevice, *, by: User) -> FixedDevice:
    """The device is gone from today; codes it showed before still count. Twice is harmless."""
    row = FixedDevice.objects.select_for_update(of=("self",)).select_related("client__branch").get(pk=device.pk)
    if row.removed_on is None:
        row.removed_on = max(row.installed_on, today(row.client.branch.time_zone))
        row.save(update_fields=["removed_on"])
        record("fixed_device.removed", row, by=by, changes={"removed_on": [None, row.removed_on]})
    return row


@transaction.atomic
def reseal_devices() -> tuple[int, list[str]]:
    """Every seed under the present key; how many, and the serials of those that cannot be read any more."""
    done, unreadable = [], []
    for device in FixedDevice.objects.select_for_update(of=("self",)).order_by("pk"):
        try:
            device.sealed_secret = reseal(device.sealed_secret, FixedDevice.SEALED_FOR)
        except Unreadable:
            unreadable.append(device.serial)
        else:
            done.append(device)
    FixedDevice.objects.bulk_update(done, ["sealed_secret"])
    return len(done), unreadable


def devices_for(member: Member, client_id: int | None, until: dt.datetime) -> list[FixedDevice]:
    """The client's devices; of a client who is not known, those of all whom the caregiver was planned to visit."""
    rows = FixedDevice.objects.select_related("client__branch")
    if client_id is not None:
        return list(rows.filter(client=client_id))
    visits = Visit.objects.filter(caregiver=member, starts_at__gt=until - WITHIN - dt.timedelta(days=1))
    return list(rows.filter(client__in=visits.filter(starts_at__lt=until).values("client")))


def find_code(member: Member, client_id: int | None, code: str, until: dt.datetime) -> list[Shown]:
    """Where and when this code was shown within the last seven days and has not been used."""
    found = []
    for device in devices_for(member, client_id, until):
        if not device.is_readable:
            logger.error("The seed of fixed device %s cannot be read; its codes count for nothing.", device.pk)
            continue
        zone = device.client.branch.time_zone
        for step in steps_of(read_secret(device.secret), code, until):
            if device.stood_there_on(local_date(moment_of(step), zone)):
                found.append(Shown(device, step))
    used = ClockEvent.objects.filter(device__in={one.device for one in found}, device_step__isnull=False)
    taken = set(used.values_list("device_id", "device_step")) if found else set()
    return [one for one in found if (one.device.pk, one.step) not in taken]


def _choose(found: list[Shown], visits: list[Visit], kind: str) -> tuple[Shown, Visit | None]:
    """Of a code shown twice (about one in ten thousand) the time that fits a visit; else the newest."""

    def fit(one: Shown) -> tuple[bool, dt.timedelta]:
        visit = right_visit([v for v in visits if v.client_id == one.device.client_id], kind, one.at)
        planned = (visit.starts_at if kind == ClockEvent.Kind.IN else visit.ends_at) if visit else one.at
        return visit is None, abs(one.at - planned)

    best = min(found, key=fit)
    return best, right_visit([v for v in visits if v.client_id == best.device.client_id], kind, best.at)


def _visits_at(member: Member, client_ids: set[int], until: dt.datetime) -> list[Visit]:
    day = dt.timedelta(days=1)
    rows = Visit.objects.filter(caregiver=member, client__in=client_ids)
    rows = rows.filter(starts_at__gt=until - WITHIN - day, starts_at__lt=until + day)
    return list(rows.select_related("branch", "service_type"))


@transaction.atomic
def clock_by_code(
    member: Member,
    kind: str,
    code: str,
    *,
    by: User,
    until: dt.datetime,
    client_id: int | None = None,
    of_visit: Visit | None = None,
    **evidence: Any,
) -> ClockEvent:
    """Clocks at the minute at which the device showed the code.

    `of_visit` is the visit on whose page it was typed: it counts for that one and no other. Otherwise (by telephone)
    for the nearest at that home. Kept without a visit, for the office, when the minute is not near it.
    DomainError (field `code`) when no device of the client showed it within seven days, or it was used.
    """
    found = find_code(member, of_visit.client_id if of_visit else client_id, code, until)
    if not found:
        raise DomainError(_("No device at this home showed this code in the last seven days."), field="code")
    visits = [of_visit] if of_visit else _visits_at(member, {one.device.client_id for one in found}, until)
    shown, visit = _choose(found, visits, kind)
    how: dict[str, Any] = {
        "at": shown.at,
        "by": by,
        "member": member,
        "method": ClockEvent.Method.FIXED_DEVICE,
        "reason": _("This code was shown %(count)s times.") % {"count": len(found)} if len(found) > 1 else "",
        "evidence": {
            "client_id": shown.device.client_id,
            "device": shown.device,
            "device_step": shown.step,
            **evidence,
        },
    }
    try:
        with transaction.atomic():
            if visit is None:
                return clock.keep_unmatched(kind, **how)
            return (clock.clock_in if kind == ClockEvent.Kind.IN else clock.clock_out)(visit, **how)
    except IntegrityError as error:
        raise readable(error) from error
