"""What people are told about offers. Caregivers read no client's name before the visits are theirs."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from homecare.accounts.models import User
from homecare.inbox.kinds import declare
from homecare.inbox.services.notification import notify
from scheduling.models import Offer, Visit
from scheduling.wording import span
from staff.models import Member

MADE, PASSED, ANSWERED = "offer.made", "offer.passed", "offer.answered"
BY_PHONE = ("app", "email", "sms")

declare(MADE, label=gettext_lazy("A visit is offered to me"), channels=BY_PHONE, permission="scheduling.work_visit")
declare(PASSED, label=gettext_lazy("An offer went to somebody else"), permission="scheduling.work_visit")
declare(ANSWERED, label=gettext_lazy("Answers to my offers"), permission="scheduling.add_offer")


def tell_asked(offer: Offer, members: Iterable[Member], count: int, first: Visit) -> None:
    for member in members:
        if member.user is None:
            continue
        with translation.override(member.user.language):
            when = span(first.starts_at, first.ends_at, first.branch.time_zone)
            text = ngettext("A visit is free: %(when)s", "%(count)s visits are free, the first: %(when)s", count)
            _tell(member.user, MADE, offer, "made", text % {"count": count, "when": when})


def tell_again(offer: Offer, members: Iterable[Member]) -> int:
    """The reminder half-way; returns how many were told."""
    told = 0
    for member in members:
        if member.user is not None:
            with translation.override(member.user.language):
                told += _tell(member.user, MADE, offer, "again", _("Would you take it? A visit is still free."))
    return told


def tell_passed(offer: Offer, members: Iterable[Member]) -> None:
    for member in members:
        if member.user is not None:
            with translation.override(member.user.language):
                _tell(member.user, PASSED, offer, "passed", _("The visit you would have taken went to somebody else."))


def tell_office_interested(offer: Offer, member: Member) -> None:
    with translation.override(offer.created_by.language):
        title = _("%(caregiver)s would take an offered visit") % {"caregiver": member.full_name}
        _tell(offer.created_by, ANSWERED, offer, f"interested:{member.pk}", title, url=offer.get_absolute_url())


def tell_office_filled(offer: Offer, member: Member, *, except_for: User) -> None:
    if offer.created_by_id == except_for.pk and offer.mode == Offer.Mode.CHOOSE:
        return
    with translation.override(offer.created_by.language):
        title = _("%(caregiver)s has taken an offered visit") % {"caregiver": member.full_name}
        _tell(offer.created_by, ANSWERED, offer, "filled", title, url=offer.get_absolute_url())


def tell_office_expired(offer: Offer) -> None:
    with translation.override(offer.created_by.language):
        title = _("Nobody has taken an offered visit")
        _tell(offer.created_by, ANSWERED, offer, "expired", title, url=offer.get_absolute_url())


def _tell(user: User, kind: str, offer: Offer, what: str, title: str, *, url: str = "") -> int:
    sent = notify(
        user,
        kind,
        dedupe_key=f"offer:{offer.pk}:{what}",
        title=title,
        url=url or reverse("scheduling:phone-offers"),
    )
    return int(sent is not None)
