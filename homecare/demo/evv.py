"""Clocking without a smartphone, punches nobody planned, and a caregiver who forgot to clock out."""

from __future__ import annotations

import base64
import datetime as dt

from django.utils import timezone

from billing.models import Payer
from homecare.demo.agency import Setting
from homecare.errors import Conflict
from scheduling.models import ClockEvent, ClockPin, PhoneContact, Visit
from scheduling.models.telephone import pin_digest
from scheduling.reason_sets import set_of
from scheduling.services.approval import approve_visit, close_visit, restore_missed
from scheduling.services.clock import keep_unmatched
from scheduling.services.correction import propose_correction
from scheduling.services.fixed_device import register_device
from staff.models import Member

PIN = "482913"  # of the demo's own caregiver
SEED = base64.b32encode(b"homecare demo device").decode()
HOUR = dt.timedelta(hours=1)


def build_evv(setting: Setting) -> None:
    by, moment = setting.users["coordinator"], timezone.now()
    member = Member.objects.filter(user=setting.users["caregiver"]).select_related("user", "branch").first()
    if member is None or member.user is None:
        return
    ClockPin.objects.create(member=member, digest=pin_digest(PIN), issued_by=by, issued_at=moment)
    mine = Visit.objects.filter(caregiver=member).select_related("client__branch", "branch", "service_type")
    first = mine.order_by("starts_at", "pk").first()
    if first is not None:
        client = first.client
        address = client.addresses.filter(is_primary=True).first()
        if address is not None:
            since = setting.today - dt.timedelta(days=30)
            register_device(client, address=address, serial="FVV-20418", installed_on=since, secret=SEED, by=by)
        _call_without_a_visit(member, client.pk, moment)
    _forgotten(setting, moment)
    _held(setting)
    others = Member.objects.active().exclude(user=None).order_by("pk")
    PhoneContact.objects.bulk_create(
        PhoneContact(member=one, last_seen_at=moment - n * dt.timedelta(minutes=23))
        for n, one in enumerate(others[:12])
    )


def _call_without_a_visit(member: Member, client_id: int, moment: dt.datetime) -> None:
    """She called from the client's home at night, where nothing was planned."""
    evidence = {"client_id": client_id, "originating_number": "+16175550142"}
    keep_unmatched(
        ClockEvent.Kind.IN,
        at=moment - 8 * HOUR,
        by=member.user,  # type: ignore[arg-type]
        member=member,
        method=ClockEvent.Method.TELEPHONY,
        evidence=evidence,
    )


def _forgotten(setting: Setting, moment: dt.datetime) -> None:
    """The last visit of Boston that waits for approval was not clocked out when it ended."""
    rows = Visit.objects.unapproved().filter(ends_at__lt=moment - HOUR, caregiver__user__isnull=False)
    rows = rows.filter(branch=setting.branches["BOS"])
    visit = rows.select_related("caregiver__user").order_by("-ends_at", "pk").first()
    if visit is None or visit.caregiver is None or visit.caregiver.user is None:
        return
    propose_correction(
        visit,
        member=visit.caregiver,
        starts_at=None,
        ends_at=visit.ends_at,
        reason="I clocked out in the car, ten minutes after I had left.",
        signed_name="Client's daughter",
        by=visit.caregiver.user,
        at=moment,
    )


def _held(setting: Setting) -> None:
    """Marked missed, though the caregiver had come without her phone: approved by the timesheet, so nothing says where
    it was, and Medicaid's bill waits for somebody who asks."""
    by = setting.users["coordinator"]
    payers = Payer.objects.filter(requires_evv=True)
    missed = Visit.objects.filter(
        status=Visit.Status.MISSED, caregiver__isnull=False, client__coverages__payer__in=payers
    )
    for visit in missed.filter(branch=setting.branches["BOS"]).order_by("-starts_at", "pk")[:5]:
        try:
            restore_missed(visit, by=by)
        except Conflict:
            continue  # her time was given away meanwhile
        done = close_visit(visit, by=by, reason="The client's son called: she was there, without her phone.")
        code = set_of(done).suggested("no_in")
        approve_visit(
            done,
            by=by,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            code=code,
            memo="Signed timesheet on paper.",
        )
        return
