"""What people are told when somebody is absent: once each, without names of clients in what leaves the house."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clients.models import Contact
from homecare.inbox.kinds import declare
from homecare.inbox.services.notification import notify
from scheduling import notices
from scheduling.models import Visit
from scheduling.wording import span
from staff.models import TimeOff

ABSENT, CHANGED = "absence.noted", "family.visit_changed"
declare(ABSENT, label=gettext_lazy("My absence is noted"), permission="scheduling.work_visit")
declare(
    CHANGED,
    label=gettext_lazy("Somebody else comes, or at another time"),
    channels=("app", "email"),
    permission="clients.view_portal",
)


def tell_absent(time_off: TimeOff, lost: int) -> None:
    user = time_off.member.user
    if user is None:
        return
    with translation.override(user.language):
        title = ngettext(
            "Your absence is noted. Others take over %(count)s visit.",
            "Your absence is noted. Others take over %(count)s visits.",
            lost,
        )
        notify(
            user,
            ABSENT,
            dedupe_key=f"absence:{time_off.pk}",
            title=title % {"count": lost},
            url=reverse("scheduling:phone-week"),
        )


def tell_covering(time_off: TimeOff, visits: Sequence[Visit]) -> None:
    """One visit is told with its time, several as one notice; what is not published yet waits for its publication."""
    visits = [visit for visit in visits if visit.is_published]
    if not visits:
        return
    if len(visits) == 1:
        notices.tell_caregiver(visits[0].caregiver, notices.ASSIGNED, visits[0])
        return
    member = visits[0].caregiver
    if member is None or member.user is None:
        return
    with translation.override(member.user.language):
        first = min(visits, key=lambda visit: visit.starts_at)
        when = span(first.starts_at, first.ends_at, first.branch.time_zone)
        title = _("You have %(count)s new visits, the first: %(when)s") % {"count": len(visits), "when": when}
        key = f"absence:{time_off.pk}:{'-'.join(str(visit.pk) for visit in visits)}"
        notify(member.user, notices.ASSIGNED, dedupe_key=key, title=title, url=reverse("scheduling:phone-week"))


def tell_families(time_off: TimeOff, visits: Sequence[Visit]) -> None:
    """Each relative with the portal hears once, however many visits changed."""
    by_client: dict[int, list[Visit]] = defaultdict(list)
    shared = Visit.objects.filter(leader__in=[visit.pk for visit in visits if visit.is_shared]).live()
    for visit in [*visits, *shared.select_related("branch")]:
        by_client[visit.client_id].append(visit)
    contacts = Contact.objects.filter(client__in=by_client, has_portal=True, user__isnull=False).select_related("user")
    for contact in contacts:
        changed = by_client[contact.client_id]
        with translation.override(contact.user.language):  # type: ignore[union-attr]
            first = min(changed, key=lambda visit: visit.starts_at)
            when = span(first.starts_at, first.ends_at, first.branch.time_zone)
            title = ngettext(
                "Somebody else comes: %(when)s",
                "Somebody else comes to %(count)s visits, the first: %(when)s",
                len(changed),
            )
            notify(
                contact.user,  # type: ignore[arg-type]
                CHANGED,
                dedupe_key=f"absence:{time_off.pk}:{'-'.join(str(visit.pk) for visit in changed)}"[:160],
                title=title % {"count": len(changed), "when": when},
                url=reverse("reports:portal"),
            )
