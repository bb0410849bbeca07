"""What caregivers are told about their schedule. Titles leave the house: never a client's name or health data."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.clock import now
from homecare.inbox.kinds import declare
from homecare.inbox.services.notification import notify
from scheduling.models import Visit
from scheduling.wording import span
from staff.models import Member

ASSIGNED, CHANGED, CANCELLED = "visit.assigned", "visit.changed", "visit.cancelled"

declare(ASSIGNED, label=gettext_lazy("I get a new visit"), permission="scheduling.work_visit")
declare(CHANGED, label=gettext_lazy("One of my visits changes"), permission="scheduling.work_visit")
declare(CANCELLED, label=gettext_lazy("One of my visits is cancelled"), permission="scheduling.work_visit")


def tell_caregiver(member: Member | None, kind: str, visit: Visit, *, was_shown: bool = False) -> None:
    """One visit of this caregiver is new, changed or gone; told once per version of the visit.

    Not about the past, and not about what they are not shown yet: the publication tells it. `was_shown`: they saw it
    before, so that they hear when it goes.
    """
    is_shown = was_shown or visit.is_published
    if member is None or member.user_id is None or visit.ends_at < now() or not is_shown:
        return
    with translation.override(member.user.language):  # type: ignore[union-attr]
        when = span(visit.starts_at, visit.ends_at, visit.branch.time_zone)
        title = {
            ASSIGNED: _("You have a new visit: %(when)s") % {"when": when},
            CHANGED: _("Your visit is now: %(when)s") % {"when": when},
            CANCELLED: _("Your visit is cancelled: %(when)s") % {"when": when},
        }[kind]
    notify(
        member.user,  # type: ignore[arg-type]
        kind,
        dedupe_key=f"{kind}:{visit.pk}:{visit.version}",
        title=title,
        url=_address("scheduling:phone-visit", visit.pk) if kind != CANCELLED else _address("scheduling:phone-week"),
    )


def tell_of_series(members: Iterable[Member], kind: str, *, key: str) -> None:
    """Several visits of a pattern changed: one notice for each caregiver instead of one per visit."""
    for member in members:
        if member.user_id is None:
            continue
        with translation.override(member.user.language):  # type: ignore[union-attr]
            title = {
                ASSIGNED: _("You have new regular visits"),
                CHANGED: _("Your regular visits have changed"),
                CANCELLED: _("Some of your regular visits are cancelled"),
            }[kind]
        notify(
            member.user,  # type: ignore[arg-type]
            kind,
            dedupe_key=f"{kind}:{key}",
            title=title,
            url=_address("scheduling:phone-week"),
        )


def _address(name: str, *args: object) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:  # the phone pages are an app of their own; without them there is nothing to open
        return ""
