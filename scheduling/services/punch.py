"""What becomes of a punch that had no visit: given to one, a visit made for it, or closed with a reason.

The punch is never edited; it gets its visit once (database trigger), and the decision stands beside it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import Conflict, DomainError
from scheduling.models import ClockEvent, PhoneEvent, PunchDecision, ServiceType, Visit
from scheduling.services.clock import match_punch
from scheduling.services.visit import create_visit
from scheduling.services.visit_exception import find_exceptions


def _locked(event: ClockEvent) -> ClockEvent:
    row = ClockEvent.objects.select_for_update(of=("self",)).select_related("member").get(pk=event.pk)
    if row.visit_id is not None or PunchDecision.objects.filter(clock_event=row).exists():
        raise Conflict(_("Somebody has already dealt with this punch. Reload the page."))
    return row


def decide(event: ClockEvent, kind: str, *, by: User, visit: Visit | None = None, note: str = "") -> PunchDecision:
    """Keeps the decision. What a phone sent with this punch is settled by it too."""
    decision = PunchDecision.objects.create(clock_event=event, kind=kind, visit=visit, note=note.strip()[:200], by=by)
    record(f"clock_event.{kind}", event, by=by, changes={"visit": visit.pk if visit else None}, reason=decision.note)
    waiting = PhoneEvent.objects.filter(member=event.member_id, answer__clock_event=event.pk).to_review()
    words = decision.note or str(decision.get_kind_display())
    waiting.update(status=PhoneEvent.Status.REVIEWED, reviewed_by=by, reviewed_at=timezone.now(), review_note=words)
    return decision


@transaction.atomic
def give_punch(event: ClockEvent, visit: Visit, *, by: User) -> PunchDecision:
    """The punch belongs to this visit of its caregiver; Conflict when the visit is closed or somebody was first."""
    row = _locked(event)
    match_punch(row, visit, by=by)
    return decide(row, PunchDecision.Kind.MATCHED, visit=visit, by=by)


@transaction.atomic
def close_punch(event: ClockEvent, *, note: str, by: User) -> PunchDecision:
    """It counts for no visit; the reason is kept."""
    if not note.strip():
        raise DomainError(_("Say why this punch counts for no visit."), field="note")
    return decide(_locked(event), PunchDecision.Kind.CLOSED, note=note, by=by)


def others_of(event: ClockEvent, starts_at: dt.datetime, ends_at: dt.datetime, client_id: int) -> list[ClockEvent]:
    """Further unmatched punches of the same caregiver that belong to the same stay."""
    around = dt.timedelta(minutes=30)
    rows = ClockEvent.objects.unmatched().filter(member=event.member_id).exclude(pk=event.pk)
    rows = rows.filter(at__gte=starts_at - around, at__lte=ends_at + around)
    return [one for one in rows.order_by("at") if one.client_id in (None, client_id)]


def _locked_stay(event: ClockEvent, starts_at: dt.datetime, ends_at: dt.datetime, client_id: int) -> list[ClockEvent]:
    """This punch and the others of its stay, locked in key order before anything else.

    Two people who each begin with another punch of one stay would wait for each other in a circle. Conflict when
    somebody has dealt with this punch meanwhile; others that were dealt with are left out.
    """
    keys = {event.pk, *(one.pk for one in others_of(event, starts_at, ends_at, client_id))}
    locked = ClockEvent.objects.select_for_update(of=("self",)).filter(pk__in=keys)
    list(locked.order_by("pk").values_list("pk"))
    row = _locked(event)
    others = ClockEvent.objects.unmatched().filter(pk__in=keys).exclude(pk=row.pk)
    return [row, *others.order_by("at")]


def make_visit(
    event: ClockEvent,
    client: Client,
    *,
    service_type: ServiceType,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    reason: str,
    by: User,
) -> Visit:
    """Nobody had planned it, and it took place: a visit of its own, with this punch and those of the same stay.

    Extra time beside a planned visit is made this way too: it needs a record of its own (STANDARDS 1.3). The placement
    rules are asked as always; the reason overrides their warnings and is kept.
    """
    if not reason.strip():
        raise DomainError(_("Say why this visit was not planned."), field="reason")
    if starts_at > timezone.now():
        raise DomainError(_("This time has not come yet. Plan the visit on the board."), field="starts_at")
    with transaction.atomic():
        stay = _locked_stay(event, starts_at, ends_at, client.pk)
        visit = create_visit(
            client,
            service_type=service_type,
            starts_at=starts_at,
            ends_at=ends_at,
            caregiver=stay[0].member,
            by=by,
            override_reason=reason,
        )
        for one in stay:
            match_punch(one, visit, by=by)
            decide(one, PunchDecision.Kind.NEW_VISIT, visit=visit, note=reason, by=by)
        find_exceptions(Visit.locked(visit.pk))
    return Visit.objects.get(pk=visit.pk)
