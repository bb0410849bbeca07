"""Offering open visits to several caregivers: who accepts first has them, or the office chooses (docs/offers.md).

The offer's row is locked before anything else, so of two caregivers who accept in the same second one has it and the
other reads that it is gone. Nobody gets past the placement rules: what blocks is refused, what warns waits for the
office. A visit outside a caregiver's own hours of availability is no obstacle once they say yes themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.clock import now
from homecare.errors import Conflict, DomainError
from scheduling import notices as notices_of_visits
from scheduling import notices_of_offers as notices
from scheduling.models import Offer, OfferAnswer, OfferedVisit, Visit
from scheduling.placement import Finding, Judge, Placement, blocking
from scheduling.services.confirmation import confirm_visit
from scheduling.services.visit import assign_visit, once_more
from staff.models import Member

OWN_WORD = "available"  # the one warning that a caregiver's own yes answers
# What a refused caregiver may read: only what is about themselves. The rest would say who the client is.
OWN_MATTERS = {
    "overlap",
    "time_off",
    "employed",
    "credentials",
    "weekly_hours",
    "daily_hours",
    "visits_per_day",
    "rest",
    "consecutive_days",
}
REASON = gettext_noop("Accepted the offer")


def make_offer(
    visits: Sequence[Visit],
    members: Sequence[Member],
    *,
    mode: str,
    expires_at: dt.datetime,
    hourly_wage: Decimal | None = None,
    message: str = "",
    by: User,
) -> Offer:
    """Offers open visits of one client to these caregivers and tells them.

    Raises DomainError for nobody or nothing to offer, a time that is over or too late; Conflict when one of the visits
    is already offered or no longer open.
    """
    if not members:
        raise DomainError(_("Choose at least one caregiver."), field="members")
    if not visits or len({visit.client_id for visit in visits}) > 1:
        raise DomainError(_("Offer one or more visits of one client."))

    def act() -> Offer:
        rows = list(_open_ones(Visit.objects.filter(pk__in=[visit.pk for visit in visits])))
        if len(rows) < len(visits):
            raise Conflict(_("One of these visits is no longer open. Reload the page."))
        if not now() < expires_at <= rows[0].starts_at:
            raise DomainError(_("Let the offer end after now and before the first visit begins."), field="hours")
        offer = Offer.objects.create(
            branch_id=rows[0].branch_id,
            client_id=rows[0].client_id,
            mode=mode,
            expires_at=expires_at,
            hourly_wage=hourly_wage,
            message=message.strip(),
            created_by=by,
        )
        OfferedVisit.objects.bulk_create(OfferedVisit(offer=offer, visit=row) for row in rows)
        OfferAnswer.objects.bulk_create(OfferAnswer(offer=offer, member=member) for member in members)
        record("offer.made", offer, by=by, changes={"visits": [0, len(rows)], "asked": [0, len(members)]})
        notices.tell_asked(offer, members, len(rows), rows[0])
        return offer

    return once_more(act)


def accept_offer(answer: OfferAnswer, *, by: User) -> OfferAnswer:
    """The caregiver says yes. Returns the answer: taken, or interested when the office has to decide.

    Raises Conflict when the offer is over or somebody was faster, DomainError when a rule forbids it.
    """

    def act() -> tuple[OfferAnswer, str]:
        offer, row = _locked(answer)
        if row.status == OfferAnswer.Status.TAKEN:  # the button was pressed twice
            return row, ""
        visits = _still_open(offer)
        findings = _findings(visits, row.member)
        blocked = blocking(findings)
        if blocked:
            row.note, row.answered_at = _sentences(blocked), now()
            row.save(update_fields=["note", "answered_at"])
            record("offer.refused", offer, by=by, reason=row.note[:200])
            return row, _for_caregiver(blocked)
        warned = [finding for finding in findings if finding.code != OWN_WORD]
        may_take = offer.mode == Offer.Mode.FIRST and not warned
        if findings and may_take:
            may_take = offer.created_by.has_perm("scheduling.override_rule")
        if may_take:
            _give(offer, row, visits, by=offer.created_by if findings else by, reason=_(REASON) if findings else "")
        elif row.status != OfferAnswer.Status.INTERESTED:
            row.note = _sentences(warned)
            _say(row, OfferAnswer.Status.INTERESTED)
            record("offer.interested", offer, by=by)
            notices.tell_office_interested(offer, row.member)
        return row, ""

    row, refusal = once_more(act)
    if refusal:
        raise DomainError(refusal)
    return row


def decline_offer(answer: OfferAnswer, *, note: str = "", by: User) -> OfferAnswer:
    """The caregiver says no; a later yes still counts while the offer is open."""

    def act() -> OfferAnswer:
        offer, row = _locked(answer)
        if row.status == OfferAnswer.Status.TAKEN:
            raise Conflict(_("These visits are already yours. Call the office if you cannot come."))
        row.note = note.strip()[:400]
        if row.status != OfferAnswer.Status.DECLINED:
            _say(row, OfferAnswer.Status.DECLINED)
            record("offer.declined", offer, by=by)
        return row

    return once_more(act)


def choose_caregiver(answer: OfferAnswer, *, by: User, override_reason: str = "") -> OfferAnswer:
    """The office gives the visits to one of those asked. Raises as assign_visit does."""

    def act() -> OfferAnswer:
        offer, row = _locked(answer)
        if row.status == OfferAnswer.Status.TAKEN:
            return row
        _give(offer, row, _still_open(offer), by=by, reason=override_reason)
        return row

    return once_more(act)


def withdraw_offer(offer: Offer, *, by: User) -> Offer:
    """Takes the offer back; the visits stay open."""

    def act() -> Offer:
        row = Offer.locked(offer.pk)
        _close(row, Offer.Status.WITHDRAWN)
        record("offer.withdrawn", row, by=by)
        return row

    return once_more(act)


def see_offers(answers: QuerySet[OfferAnswer]) -> None:
    """The caregiver looked at them."""
    answers.filter(seen_at=None).update(seen_at=now())


def expire_offers() -> int:
    """Ends offers whose time is over or whose visits were filled or cancelled otherwise. Returns how many."""
    moment, by, ended = now(), User.system(), 0
    filled = Offer.objects.open().exclude(pk__in=_with_open_visit(moment))
    for pk in list((Offer.objects.overdue(moment) | filled).values_list("pk", flat=True)):
        ended += once_more(lambda pk=pk: _expire(pk, moment, by))  # type: ignore[misc]
    return ended


def remind_of_offers() -> int:
    """Half-way to its end, those who have not answered an offer are asked once more. Returns how many people."""
    moment, told = now(), 0
    for offer in Offer.objects.open().filter(reminded_at=None, expires_at__gt=moment).select_related("branch"):
        if moment < offer.created_at + (offer.expires_at - offer.created_at) / 2:
            continue
        waiting = offer.answers.waiting().select_related("member__user")
        told += notices.tell_again(offer, [row.member for row in waiting])
        Offer.objects.filter(pk=offer.pk).update(reminded_at=moment)
    return told


def _expire(pk: int, moment: dt.datetime, by: User) -> int:
    offer = Offer.locked(pk)
    if offer.status != Offer.Status.OPEN:
        return 0
    is_over = offer.expires_at <= moment
    _close(offer, Offer.Status.EXPIRED if is_over else Offer.Status.WITHDRAWN)
    record("offer.expired" if is_over else "offer.withdrawn", offer, by=by)
    if is_over:
        notices.tell_office_expired(offer)
    return 1


def _with_open_visit(moment: dt.datetime) -> QuerySet:
    return OfferedVisit.objects.filter(
        is_open=True,
        visit__caregiver=None,
        visit__status__in=Visit.OPEN_STATUSES,
        visit__starts_at__gt=moment,
    ).values("offer")


def _open_ones(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    rows = visits.filter(caregiver=None, status__in=Visit.OPEN_STATUSES, starts_at__gt=now())
    return rows.select_related("branch", "client", "service_type").order_by("starts_at", "pk")


def _locked(answer: OfferAnswer) -> tuple[Offer, OfferAnswer]:
    """Offer before answer, always in this order. Raises Conflict when the offer is over, except for who has it."""
    offer = Offer.objects.select_for_update(of=("self",)).select_related("branch", "created_by").get(pk=answer.offer_id)
    row = OfferAnswer.objects.select_related("member__user", "member__role").get(pk=answer.pk)
    if row.status == OfferAnswer.Status.TAKEN:
        return offer, row
    if offer.status == Offer.Status.FILLED:
        raise Conflict(_("Somebody else was faster: these visits are taken. Thank you for offering."))
    if offer.status != Offer.Status.OPEN or offer.expires_at <= now():
        raise Conflict(_("This offer is over."))
    return offer, row


def _still_open(offer: Offer) -> list[Visit]:
    visits = list(_open_ones(Visit.objects.filter(offered__offer=offer, offered__is_open=True)))
    if not visits:
        raise Conflict(_("These visits are no longer open."))
    return visits


def _findings(visits: Sequence[Visit], member: Member) -> list[Finding]:
    """What the rules say to this caregiver at all of the visits, each sentence once."""
    placements = [Placement.of(visit, member_id=member.pk) for visit in visits]
    services = {visit.service_type for visit in visits}
    judge = Judge(placements, {"branches": [visits[0].branch], "service_types": services})
    found: dict[str, Finding] = {}
    for placement in placements:
        for finding in judge.judge(placement):
            found.setdefault(finding.sentence, finding)
        judge.take(placement)
    return list(found.values())


def _sentences(findings: Iterable[Finding]) -> str:
    return " ".join(finding.sentence for finding in findings)[:400]


def _for_caregiver(blocked: Sequence[Finding]) -> str:
    own = [finding.sentence for finding in blocked if finding.code in OWN_MATTERS]
    why = " ".join(own) or _("One of the agency's rules stands against it.")
    return _("You cannot take this visit. %(why)s Call the office if you think that is wrong.") % {"why": why}


def _give(offer: Offer, row: OfferAnswer, visits: Sequence[Visit], *, by: User, reason: str) -> None:
    """The visits are theirs and confirmed: they have said they come, so they also see what is not published yet."""
    for visit in visits:
        assign_visit(visit, row.member, by=by, override_reason=reason, tell=False)
        taken = confirm_visit(visit, by=row.member.user or by)
        notices_of_visits.tell_caregiver(row.member, notices_of_visits.ASSIGNED, taken)
    others = offer.answers.exclude(pk=row.pk).select_related("member__user")
    hoping = [other.member for other in others if other.status == OfferAnswer.Status.INTERESTED]
    others.filter(status__in=[OfferAnswer.Status.ASKED, OfferAnswer.Status.INTERESTED]).update(
        status=OfferAnswer.Status.PASSED
    )
    _say(row, OfferAnswer.Status.TAKEN)
    offer.taken_by = row.member
    _close(offer, Offer.Status.FILLED)
    record("offer.filled", offer, by=by, changes={"taken_by": [None, row.member_id]}, reason=reason)
    notices.tell_passed(offer, hoping)
    notices.tell_office_filled(offer, row.member, except_for=by)


def _say(row: OfferAnswer, status: str) -> None:
    row.move_to(status)
    row.answered_at = now()
    row.save(update_fields=["status", "note", "answered_at"])


def _close(offer: Offer, status: str) -> None:
    offer.move_to(status)
    offer.closed_at = now()
    offer.save(update_fields=["status", "closed_at", "taken_by"])
    offer.offered.update(is_open=False)
