"""What the rules say to one placement, for the tests of the rules."""

import datetime as dt

from scheduling.placement import Finding, Placement, judge_placement
from tests.factories import ServiceTypeFactory, VisitFactory

NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)  # Monday 09:00 in Boston
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def placed(client, member, starts_at=NINE, ends_at=None, service=None, visit=None):
    service = service or ServiceTypeFactory()
    return Placement(
        "x",
        client.branch_id,
        client.pk,
        service.pk,
        starts_at,
        ends_at or starts_at + HOUR,
        member.pk if member else None,
        visit.pk if visit else None,
    )


def against(client, member, starts_at=NINE, ends_at=None, service=None, visit=None) -> dict[str, Finding]:
    """What the rules say, by code."""
    placement = placed(client, member, starts_at, ends_at, service, visit)
    return {finding.code: finding for finding in judge_placement(placement)}


def works(member, client, starts_at, hours=1.0, **fields):
    """A visit of so many hours that the caregiver has already."""
    ends_at = starts_at + dt.timedelta(hours=hours)
    return VisitFactory(client=client, caregiver=member, starts_at=starts_at, ends_at=ends_at, **fields)
