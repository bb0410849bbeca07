"""Server time of pages and the API on the large demo, through the whole request stack but without a socket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.test import Client as HttpClient
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from bench.measure import Figure, sample
from homecare import clock
from homecare.accounts.models import User
from homecare.views import ListPage
from staff.models import Member

ZONE = "America/New_York"
LOOKERS = ("manager", "biller", "coordinator", "admin")
NAMED = {
    *("clients:client-list", "staff:member-list", "scheduling:visit-list", "scheduling:visit-approval"),
    *("scheduling:compliance-visits", "billing:invoice-list", "billing:charge-list"),
}


def _client(name: str) -> HttpClient:
    http = HttpClient()
    http.force_login(User.objects.get(email__startswith=f"{name}@"))
    return http


def _page(label: str, who: str, url: str, most_ms: float, most_queries: int, times: int = 20) -> Figure:
    http = _client(who)
    size = 0

    def get() -> None:
        nonlocal size
        response = http.get(url)
        if response.status_code != 200:
            raise SystemExit(f"{label}: {url} answered {response.status_code}")
        size = len(response.content)

    found = sample(get, times, 2)
    return Figure(
        label,
        f"{found.quickest:.0f} ms ({found.best:.0f} CPU), {found.queries} queries, {size / 1024:.0f} KB",
        "",
        "",
        f"≤ {most_ms:.0f} ms, ≤ {most_queries} queries",
        found.quickest <= most_ms and found.queries <= most_queries,
    )


def _lists(patterns: list[Any], space: str = "") -> Iterator[str]:
    """The names of the addresses of every list that stands by itself, from the URLs of the product."""
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _lists(one.url_patterns, f"{space}{one.namespace}:" if one.namespace else space)
        elif one.name and not one.pattern.converters and issubclass(_view_of(one), ListPage):
            yield f"{space}{one.name}"


def _view_of(pattern: URLPattern) -> type:
    return getattr(pattern.callback, "view_class", object)


def _every_other_list() -> list[Figure]:
    """Each list that has no line of its own, as the first person who may see it, with the rows that the agency has."""
    found = []
    for name in sorted(set(_lists(get_resolver().url_patterns)) - NAMED):
        url = f"{reverse(name)}?rows=100"
        answers = ((who, _client(who).get(url)) for who in LOOKERS)
        who, page = next((who, answer) for who, answer in answers if answer.status_code == 200)
        rows = page.content.count(b"<tr") - page.content.count(b"<thead")
        found.append(_page(f"{name}, {rows} rows", who, url, 60, 12))
    return found


def figures() -> list[Figure]:
    settings.ALLOWED_HOSTS += ["testserver"]
    monday = clock.monday_of(clock.today(ZONE))
    member = Member.objects.filter(user__isnull=False).order_by("pk")[0]
    week = f"{reverse('api:visit-week')}?monday={monday}"
    day = timezone.now().date()
    edited = f"{reverse('scheduling:compliance-visits')}?month={monday.replace(day=1) - dt.timedelta(days=1):%Y-%m}"
    return [
        _page("Today page", "coordinator", reverse("reports:today"), 100, 20),
        _page("dashboard", "manager", reverse("reports:dashboard"), 100, 30),
        _page("client list, 100 rows", "coordinator", f"{reverse('clients:client-list')}?rows=100", 60, 12),
        _page("staff list, 100 rows", "manager", f"{reverse('staff:member-list')}?rows=100", 60, 12),
        _page("visit list, 100 rows", "coordinator", f"{reverse('scheduling:visit-list')}?rows=100", 60, 12),
        _page("invoice list, 100 rows", "biller", f"{reverse('billing:invoice-list')}?rows=100", 60, 12),
        _page("approval list, 100 rows", "coordinator", f"{reverse('scheduling:visit-approval')}?rows=100", 60, 12),
        _page("unbilled list, 100 rows", "biller", f"{reverse('billing:charge-list')}?rows=100", 60, 12),
        _page("invoices to come, 100 rows", "biller", f"{reverse('billing:charge-list')}?show=open&rows=100", 60, 12),
        _page("visits with an edit of a month, 100 rows", "manager", f"{edited}&rows=100", 60, 12),
        _page("verified visits of a month", "manager", reverse("scheduling:compliance"), 100, 12),
        _page("week board, a team", "coordinator", reverse("scheduling:board"), 60, 13),
        _page("week board, everybody", "coordinator", f"{reverse('scheduling:board')}?team=all", 200, 13),
        _page("day board, a team", "coordinator", f"{reverse('scheduling:board')}?view=day", 60, 15),
        _page("a caregiver's day", "caregiver", reverse("scheduling:phone-today"), 100, 12),
        _page("search", "coordinator", f"{reverse('reports:search')}?q=silv", 100, 12),
        _page("a week of visits over the API", "manager", week, 500, 12),
        _page(
            f"visits of one caregiver ({day:%B})",
            "coordinator",
            f"{reverse('scheduling:visit-list')}?caregiver={member.pk}&rows=100",
            60,
            12,
        ),
        *_every_other_list(),
    ]
