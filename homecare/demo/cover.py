"""Covering in motion: visits offered to several caregivers, somebody who is sick tomorrow, what a family said."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from homecare.clock import at_local
from homecare.demo.agency import ZONE, Setting
from scheduling.absences import propose
from scheduling.matching import suggest_for_visit
from scheduling.models import LostVisit, Offer, OfferAnswer, Visit
from scheduling.services.absence import Choice, cover_visits, report_absence
from scheduling.services.offer import accept_offer, make_offer
from scheduling.services.rating import RATED, rate_visit
from staff.models import Member

ASKED = 6
DAY = dt.timedelta(days=1)
RATINGS = (
    (5, "She is patient with my mother and always on time. Thank you!"),
    (4, ""),
    (2, "She came half an hour late and nobody called us."),
)


def build_cover(setting: Setting) -> None:
    _offers(setting)
    _absence(setting)
    _ratings(setting)


def _offers(setting: Setting) -> None:
    """Two open visits of next week are offered: one to the first, one to choose, with somebody who would take it."""
    by, soon = setting.users["coordinator"], timezone.now() + 2 * DAY
    visits = Visit.objects.visible_to(by).open().filter(starts_at__gt=soon).with_people().order_by("starts_at", "pk")
    for visit, mode in zip(visits[:2], (Offer.Mode.FIRST, Offer.Mode.CHOOSE), strict=False):
        asked = [row.member for row in suggest_for_visit(visit) if row.is_eligible][:ASKED]
        if not asked:
            continue
        offer = make_offer([visit], asked, mode=mode, expires_at=timezone.now() + DAY, by=by)
        if mode == Offer.Mode.CHOOSE:
            answer = OfferAnswer.objects.select_related("member__user").get(offer=offer, member=asked[0])
            if answer.member.user is not None:
                accept_offer(answer, by=answer.member.user)


def _absence(setting: Setting) -> None:
    """A caregiver is sick tomorrow; the first of her visits is covered, the others wait for the coordinator."""
    by, tomorrow = setting.users["coordinator"], setting.today + DAY
    starts_at, ends_at = at_local(tomorrow, dt.time(), ZONE), at_local(tomorrow + DAY, dt.time(), ZONE)
    visits = Visit.objects.visible_to(by).filter(
        starts_at__gte=starts_at, starts_at__lt=ends_at, caregiver__isnull=False
    )
    known = setting.users["caregiver"].pk  # the demo's own log-in keeps her day
    first = visits.exclude(caregiver__user=known).filter(status="planned").order_by("starts_at", "pk").first()
    if first is None:
        return
    member = Member.objects.select_related("branch", "user").get(pk=first.caregiver_id or 0)
    absence = report_absence(member, starts_at=starts_at, ends_at=ends_at, reason="sick", note="Fever", by=by)
    lost = LostVisit.objects.filter(time_off=absence).values("visit")
    rows = Visit.objects.filter(pk__in=lost).with_people().order_by("starts_at", "pk")
    chosen = [row for row in propose(list(rows[:1]), without=member) if row.best and not row.needs_reason]
    cover_visits(
        absence,
        [Choice(row.visit, row.best.member, row.starts_at or row.visit.starts_at) for row in chosen if row.best],
        by=by,
    )


def _ratings(setting: Setting) -> None:
    """The family with a log-in rates its last visits; the low one waits for a manager."""
    by = setting.users["family"]
    visits = Visit.objects.visible_to(by).filter(status__in=RATED).select_related("branch", "client")
    for visit, (score, comment) in zip(visits.order_by("-starts_at", "pk"), RATINGS, strict=False):
        rate_visit(visit, score=score, comment=comment, by=by)
