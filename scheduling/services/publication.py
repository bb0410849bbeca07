"""Showing the plan to caregivers up to a day, who has seen it, and reminding those who have not."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.accounts.models import Branch, User
from homecare.audit.services.event import record
from homecare.clock import day_bounds, local_date, now, today
from homecare.errors import DomainError
from homecare.inbox.kinds import declare
from homecare.inbox.services.notification import notify
from scheduling.models import Publication, PublicationReceipt
from scheduling.publishing import Difference, differences, plan_of, shown_as
from staff.models import Member

PUBLISHED = "visit.published"
FARTHEST = dt.timedelta(days=120)
declare(PUBLISHED, label=gettext_lazy("My coming visits are published"), permission="scheduling.work_visit")


def preview_publication(branch: Branch, last_on: dt.date) -> list[Difference]:
    """What each caregiver would be shown, beside what they saw last. Raises DomainError as `publish_visits`."""
    _check(branch, last_on)
    return differences(branch, day_bounds(last_on, branch.time_zone)[1])


@transaction.atomic
def publish_visits(branch: Branch, last_on: dt.date, *, by: User) -> Publication:
    """Caregivers see their visits up to the end of this day, and each concerned hears once.

    From then on visits after that day are held back. Published days are never taken back: raises DomainError for an
    earlier day than the one published, one that is over, or one more than 120 days ahead.
    """
    row = Branch.objects.select_for_update().get(pk=branch.pk)
    _check(row, last_on)
    until = day_bounds(last_on, row.time_zone)[1]
    shown = differences(row, until)
    before, row.published_until = row.published_until, until
    row.save(update_fields=["published_until"])
    made = Publication.objects.create(branch=row, last_on=last_on, published_until=until, by=by)
    PublicationReceipt.objects.bulk_create(
        PublicationReceipt(publication=made, member=one.member, visits=one.shown) for one in shown
    )
    record("publication.made", row, by=by, changes={"published_until": [before, until]})
    for one in shown:
        _tell(one.member, made, key="new")
    return made


@transaction.atomic
def publish_at_once(branch: Branch, *, by: User) -> Branch:
    """Holds nothing back any more: every visit is shown as soon as it is planned, as without publishing."""
    row = Branch.objects.select_for_update().get(pk=branch.pk)
    if row.published_until is not None:
        before, row.published_until = row.published_until, None
        row.save(update_fields=["published_until"])
        record("publication.ended", row, by=by, changes={"published_until": [before, None]})
    return row


@transaction.atomic
def mark_seen(member: Member, *, by: User) -> int:
    """The caregiver has seen the plan on the phone; what stands there now is kept. Twice is harmless."""
    rows = PublicationReceipt.objects.select_for_update(of=("self",)).filter(member=member, seen_at=None)
    waiting = list(rows.select_related("publication__branch").order_by("pk"))
    for row in waiting:
        made = row.publication
        visits = plan_of(made.branch, made.published_until, [member.pk]).get(member.pk, [])
        row.visits, row.seen_at = shown_as(visits), now()
        row.save(update_fields=["visits", "seen_at"])
        record("publication.seen", made, by=by)
    return len(waiting)


@transaction.atomic
def remind_unseen(publication: Publication, *, by: User) -> int:
    """Reminds whoever has not said so yet, at most once a day each; returns how many were told."""
    rows = publication.receipts.unseen().select_for_update(of=("self",)).select_related("member__user").order_by("pk")
    day, told = today(publication.branch.time_zone), 0
    for row in rows:
        if _tell(row.member, publication, key=f"again{day}"):
            told += 1
            row.reminded_at = now()
            row.save(update_fields=["reminded_at"])
    if told:
        record("publication.reminded", publication, by=by, changes={"caregivers": [0, told]})
    return told


def _check(branch: Branch, last_on: dt.date) -> None:
    here = today(branch.time_zone)
    if last_on < here:
        raise DomainError(_("This day is over. Choose today or later."), field="last_on")
    if last_on > here + FARTHEST:
        raise DomainError(_("Publish at most 120 days ahead."), field="last_on")
    until = branch.published_until
    if until is not None and day_bounds(last_on, branch.time_zone)[1] < until:
        shown = local_date(until - dt.timedelta(seconds=1), branch.time_zone)
        raise DomainError(
            _("Caregivers see the plan up to %(day)s already. Choose that day or a later one.")
            % {"day": date_format(shown, "D j M Y")},
            field="last_on",
        )


def _tell(member: Member, publication: Publication, *, key: str) -> bool:
    if member.user is None:
        return False
    with translation.override(member.user.language):
        day = date_format(publication.last_on, "D j M")
        title = (
            _("Your visits up to %(day)s are published. Please look.")
            if key == "new"
            else _("Please look at your visits up to %(day)s and say that you have seen them.")
        ) % {"day": day}
        url = reverse("scheduling:phone-week")
        sent = notify(
            member.user, PUBLISHED, dedupe_key=f"publication{publication.pk}:{member.pk}:{key}", title=title, url=url
        )
    return sent is not None
