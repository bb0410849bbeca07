"""What people are told about visits, once each: tomorrow's visits, a visit not started, visits waiting for approval.

A reminder asks what is due now and keeps no state; running twice tells once, because each has its dedupe key. Texts
name no client: titles leave the house by e-mail and text message.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from homecare.accounts.models import Agency, Branch, User
from homecare.clock import day_bounds, local, local_date
from homecare.inbox.audience import people_with
from homecare.inbox.services.notification import notify
from scheduling.models import Visit
from scheduling.phone_contact import contact_sentence
from staff.models import Member

UNAPPROVED_AFTER = dt.timedelta(days=2)
# Reminded in the morning of the branch, not at night.
OFFICE_HOUR = 9


def remind_tomorrow(moment: dt.datetime | None = None) -> int:
    """From the agency's reminder hour, each caregiver hears of tomorrow: how many visits and when the first begins."""
    moment, told = moment or timezone.now(), 0
    hour = Agency.current().reminder_hour
    for branch in Branch.objects.filter(is_active=True):
        if local(moment, branch.time_zone).hour < hour:
            continue
        tomorrow = local_date(moment, branch.time_zone) + dt.timedelta(days=1)
        for member, visits in _visits_by_caregiver(branch, tomorrow).items():
            told += _tell_tomorrow(member, tomorrow, visits, branch)
    return told


def _visits_by_caregiver(branch: Branch, day: dt.date) -> dict[Member, list[Visit]]:
    starts_at, ends_at = day_bounds(day, branch.time_zone)
    visits = Visit.objects.leading().filter(branch=branch, starts_at__gte=starts_at, starts_at__lt=ends_at)
    visits = visits.filter(status__in=Visit.OPEN_STATUSES, caregiver__user__is_active=True)
    found: dict[Member, list[Visit]] = defaultdict(list)
    for visit in visits.select_related("caregiver__user").order_by("starts_at"):
        if visit.caregiver is not None:
            found[visit.caregiver].append(visit)
    return found


def _tell_tomorrow(member: Member, day: dt.date, visits: list[Visit], branch: Branch) -> int:
    user = member.user
    if user is None:
        return 0
    with translation.override(user.language):
        first = f"{local(visits[0].starts_at, branch.time_zone):%H:%M}"
        title = ngettext(
            "Tomorrow: %(count)s visit, at %(first)s", "Tomorrow: %(count)s visits, the first at %(first)s", len(visits)
        ) % {"count": len(visits), "first": first}
        sent = notify(
            user,
            "visit.tomorrow",
            dedupe_key=f"visit.tomorrow:{member.pk}:{day}",
            title=title,
            url=reverse("scheduling:phone-week"),
        )
    return int(sent is not None)


def warn_late_visits(moment: dt.datetime | None = None) -> int:
    """A visit not started after the grace minutes is told at once to its caregiver and to who may clock for others.

    Not started after the agency's longer time it is told again, as missed, to them and to those who lead the branch.
    """
    moment, told, agency = moment or timezone.now(), 0, Agency.current()
    late = Visit.objects.late(moment, agency.grace_minutes).filter(ends_at__gt=moment - dt.timedelta(days=1))
    missed_before = moment - dt.timedelta(minutes=max(agency.missed_after_minutes, agency.grace_minutes))
    by_branch: dict[Branch, list[Visit]] = defaultdict(list)
    for visit in late.select_related("branch", "client", "caregiver__user", "caregiver__phone_contact"):
        by_branch[visit.branch].append(visit)
    for branch, visits in by_branch.items():
        people = list(people_with("scheduling.clock_for_other", branch))
        leaders = list(people_with("accounts.change_agency", branch))
        for visit in visits:
            told += _tell_caregiver_late(visit)
            told += sum(_tell_late(user, visit, "visit.late", moment) for user in people)
            if (visit.window_ends_at or visit.starts_at) < missed_before:
                both = {user.pk: user for user in (*people, *leaders)}
                told += sum(_tell_late(user, visit, "visit.unattended", moment) for user in both.values())
    return told


LATE_TITLES = {
    "visit.late": gettext_noop("The %(time)s visit of %(caregiver)s has not started"),
    "visit.unattended": gettext_noop("Still nobody at the %(time)s visit of %(caregiver)s"),
}


def _late_key(kind: str, visit: Visit) -> str:
    return f"{kind}:{visit.pk}:{visit.starts_at.isoformat()}"


def _tell_late(user: User, visit: Visit, kind: str, moment: dt.datetime) -> int:
    zone = visit.branch.time_zone
    with translation.override(user.language):
        caregiver = visit.caregiver.short_name if visit.caregiver else ""
        heard = contact_sentence(last_contact(visit.caregiver), moment, zone)
        what = _("Client: %(client)s. Call the caregiver, then the client.") % {"client": visit.client.short_name}
        sent = notify(
            user,
            kind,
            dedupe_key=_late_key(kind, visit),
            title=_(LATE_TITLES[kind]) % {"time": f"{local(visit.starts_at, zone):%H:%M}", "caregiver": caregiver},
            body=f"{heard} {what}",
            url=reverse("scheduling:visit-detail", args=[visit.pk]),
            urgent=True,
        )
    return int(sent is not None)


def last_contact(member: Member | None) -> dt.datetime | None:
    """When this caregiver's phone was last heard."""
    contact = getattr(member, "phone_contact", None)
    return contact.last_seen_at if contact is not None else None


def _tell_caregiver_late(visit: Visit) -> int:
    user = visit.caregiver.user if visit.caregiver else None
    if user is None or not user.is_active:
        return 0
    with translation.override(user.language):
        time = f"{local(visit.starts_at, visit.branch.time_zone):%H:%M}"
        sent = notify(
            user,
            "visit.clock_in",
            dedupe_key=_late_key("visit.clock_in", visit),
            title=_("Your %(time)s visit has not started. Clock in, or call the office.") % {"time": time},
            url=reverse("scheduling:phone-visit", args=[visit.pk]),
            urgent=True,
        )
    return int(sent is not None)


def remind_unapproved(moment: dt.datetime | None = None) -> int:
    """Approvers hear once a week how many visits of their branch have waited for more than two days."""
    moment, told = moment or timezone.now(), 0
    old = Visit.objects.unapproved().filter(ends_at__lt=moment - UNAPPROVED_AFTER)
    counts = dict(old.values_list("branch").annotate(count=Count("pk")).order_by())
    for branch in Branch.objects.filter(pk__in=counts):
        here = local(moment, branch.time_zone)
        if here.hour < OFFICE_HOUR:
            continue
        year, week, _day = here.isocalendar()
        for user in people_with("scheduling.approve_visit", branch):
            told += _tell_unapproved(user, branch, counts[branch.pk], f"{branch.pk}:{year}-{week:02}")
    return told


def _tell_unapproved(user: User, branch: Branch, count: int, key: str) -> int:
    with translation.override(user.language):
        title = ngettext(
            "%(branch)s: %(count)s visit waits for approval", "%(branch)s: %(count)s visits wait for approval", count
        ) % {"branch": branch.name, "count": count}
        sent = notify(
            user,
            "visit.unapproved",
            dedupe_key=f"visit.unapproved:{key}",
            title=title,
            url=reverse("scheduling:visit-approval"),
        )
    return int(sent is not None)
