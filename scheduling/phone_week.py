"""Visits as cards of the phone pages, and the days of a week they stand on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse

from homecare.clock import local_date
from scheduling.directions import geo_uri
from scheduling.models import Visit

TO_DO = {Visit.Status.PLANNED, Visit.Status.CONFIRMED, Visit.Status.IN_PROGRESS}
GONE = {Visit.Status.CANCELLED, Visit.Status.MISSED}


@dataclass(frozen=True)
class Card:
    """One visit as the phone's lists show it."""

    visit: Visit
    address: str
    map_url: str
    followers: list[Visit] = field(default_factory=list)

    @property
    def url(self) -> str:
        return reverse("scheduling:phone-visit", args=[self.visit.pk])

    @property
    def names(self) -> str:
        """Whom it is for; of a shared visit everybody."""
        people = [self.visit.client, *(row.client for row in self.followers)]
        return ", ".join(f"{one.called} {one.last_name}" for one in people)

    @property
    def pages(self) -> list[dict[str, str]]:
        """The pages to keep for when there is no signal: each client of a shared visit has one."""
        rows = [self.visit, *self.followers]
        return [{"url": reverse("scheduling:phone-visit", args=[row.pk]), "stamp": str(row.version)} for row in rows]

    @property
    def is_to_do(self) -> bool:
        return self.visit.status in TO_DO

    @property
    def is_live(self) -> bool:
        return self.visit.status not in GONE


@dataclass(frozen=True)
class Day:
    on: dt.date
    cards: list[Card] = field(default_factory=list)


def cards_of(visits: Iterable[Visit]) -> list[Card]:
    """The visits come with `client.primary_addresses` and `followers.client` prefetched."""
    cards = []
    for visit in visits:
        address = next(iter(visit.client.primary_addresses), None)  # type: ignore[attr-defined]
        text = str(address) if address else ""
        followers = [row for row in visit.followers.all() if row.status not in GONE] if visit.is_shared else []
        cards.append(Card(visit, text, geo_uri(address.place, text) if address else "", followers))
    return cards


def days_of(cards: Iterable[Card], monday: dt.date, zone: str) -> list[Day]:
    """Seven days from Monday, each with its cards in order; the day is the branch's."""
    days = [Day(monday + dt.timedelta(days=n)) for n in range(7)]
    for card in cards:
        days[(local_date(card.visit.starts_at, zone) - monday).days].cards.append(card)
    return days
