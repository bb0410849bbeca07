"""Search from anywhere: clients, staff, visits, invoices; typing errors forgiven, four queries whatever is found."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.functions import Greatest, Upper
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Invoice
from clients.models import Client
from homecare import clock
from homecare.reports.lines import Line, joined, line
from homecare.reports.scope import Scope
from scheduling.models import Visit
from staff.models import Member

FEWEST_LETTERS = 2
SHOWN = 6
MOST_WORDS = 4
US_DATE = re.compile(r"^(\d{1,2})/(\d{1,2})(?:/(\d{4}))?$")
ISO_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class Asked:
    """What was typed, taken apart: words of a name, a number, a day."""

    names: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    day: dt.date | None = None


@dataclass(frozen=True)
class Group:
    key: str
    label: str | Promise
    icon: str
    lines: list[Line]


def ask(text: str, today: dt.date) -> Asked:
    """Reads "lopez 11/23": names, numbers (C-000123, BOS-2026-00037) and a day (2026-11-23, 11/23, today)."""
    names, numbers, day = [], [], None
    for word in text.split()[:MOST_WORDS]:
        found = day_of(word, today)
        if found is not None:
            day = found
        elif any(letter.isdigit() for letter in word):
            numbers.append(word.upper())
        elif len(word) >= FEWEST_LETTERS:
            names.append(word.upper())
    return Asked(names, numbers, day)


def day_of(word: str, today: dt.date) -> dt.date | None:
    """The day a word names; a date without a year is this year's."""
    if word.lower() in ("today", str(_("today")).lower()):
        return today
    if word.lower() in ("tomorrow", str(_("tomorrow")).lower()):
        return today + dt.timedelta(days=1)
    try:
        if ISO_DATE.match(word):
            return dt.date.fromisoformat(word)
        found = US_DATE.match(word)
        return dt.date(int(found[3] or today.year), int(found[1]), int(found[2])) if found else None
    except ValueError:
        return None


def named_like(rows: QuerySet, names: list[str]) -> QuerySet:
    """People whose first or last name is like every word, best first; answered by the trigram index on the names."""
    rows = rows.alias(upper_first=Upper("first_name"), upper_last=Upper("last_name"))
    likeness: Any = Value(0.0, output_field=FloatField())
    for name in names:
        rows = rows.filter(
            Q(upper_last__trigram_word_similar=name)
            | Q(upper_first__trigram_word_similar=name)
            | Q(upper_last__trigram_similar=name)
            | Q(upper_first__trigram_similar=name)
            | Q(upper_last__startswith=name)
            | Q(upper_first__startswith=name)
        )
        likeness = likeness + Greatest(TrigramSimilarity("upper_last", name), TrigramSimilarity("upper_first", name))
    return rows.annotate(likeness=likeness).order_by(F("likeness").desc(), "last_name", "first_name", "pk")


def search(scope: Scope, text: str) -> list[Group]:
    """What this person may see that fits the text, six of each kind."""
    asked = ask(text, scope.today)
    if not (asked.names or asked.numbers or asked.day):
        return []
    may = scope.user.has_perm
    clients = _clients(scope, asked) if may("clients.view_client") else []
    staff = _staff(scope, asked) if may("staff.view_member") else []
    visits = _visits(scope, asked, clients) if may("scheduling.view_visit") else []
    invoices = _invoices(scope, asked, clients) if may("billing.view_invoice") else []
    groups = [
        Group("clients", gettext_lazy("Clients"), "user", [line(row) for row in clients]),
        Group("staff", gettext_lazy("Staff"), "id-badge-2", [line(row) for row in staff]),
        Group("visits", gettext_lazy("Visits"), "calendar", [line(row) for row in visits]),
        Group("invoices", gettext_lazy("Invoices"), "file-invoice", [line(row) for row in invoices]),
    ]
    return [group for group in groups if group.lines]


def _clients(scope: Scope, asked: Asked) -> list[Client]:
    if asked.names:
        return list(joined(named_like(scope.rows(Client), asked.names))[:SHOWN])
    charts = [_chart_number(number) for number in asked.numbers]
    return list(joined(scope.rows(Client).filter(number__in=charts))[:SHOWN]) if charts else []


def _chart_number(number: str) -> str:
    """C-000123 from 123 or C-123."""
    digits = number.removeprefix("C-")
    return f"C-{int(digits):06}" if digits.isdecimal() else number


def _staff(scope: Scope, asked: Asked) -> list[Member]:
    if asked.names:
        return list(joined(named_like(scope.rows(Member), asked.names))[:SHOWN])
    if not asked.numbers:
        return []
    return list(joined(scope.rows(Member).filter(employee_number__in=asked.numbers))[:SHOWN])


def _visits(scope: Scope, asked: Asked, clients: list[Client]) -> list[Visit]:
    """Visits of the clients found, on the day named or from yesterday on."""
    if not clients and not (asked.day and not asked.names and not asked.numbers):
        return []
    rows = scope.rows(Visit).exclude(status=Visit.Status.CANCELLED)
    if clients:
        rows = rows.filter(client__in=[client.pk for client in clients])
    if asked.day:
        since, until = clock.day_bounds(asked.day, scope.zone)
        rows = rows.filter(starts_at__gte=since, starts_at__lt=until)
    else:
        rows = rows.filter(starts_at__gte=scope.moment - dt.timedelta(days=1))
    return list(joined(rows).order_by("starts_at", "pk")[:SHOWN])


def _invoices(scope: Scope, asked: Asked, clients: list[Client]) -> list[Invoice]:
    """By number or its end (37 finds BOS-2026-00037), or the latest of the clients found."""
    fits = Q(pk__in=[])
    for number in asked.numbers:
        fits |= Q(number__startswith=number)
        fits |= Q(number__endswith=f"-{int(number):05}") if number.isdecimal() else Q(number__endswith=number)
    if clients:
        fits |= Q(client__in=[client.pk for client in clients])
    if not (asked.numbers or clients) or asked.day:
        return []
    return list(joined(scope.rows(Invoice).filter(fits)).order_by(F("issued_on").desc(nulls_first=True), "-pk")[:SHOWN])
