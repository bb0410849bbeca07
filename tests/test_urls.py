"""Role × URL → code over every URL of the project. A URL that is missing from tests/url_table.txt fails.

GET is sent where a page answers it, an empty POST where a URL is a verb; each is rolled back. After adding a URL,
run with WRITE_URL_TABLE=1 and read the difference: the table is the agreement on who may open what. The pages that come
back keep to it: they lead nowhere the reader is refused, and no two of their elements share an id.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as HttpClient
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from tests.url_world import World

TABLE = Path(__file__).parent / "url_table.txt"
ROLES = [
    "anonymous",
    "administrator",
    "manager",
    "coordinator",
    "supervisor",
    "biller",
    "caregiver",
    "relative",
    "elsewhere",
]


def parameters(item: URLPattern | URLResolver) -> set[str]:
    return {*item.pattern.converters, *item.pattern.regex.groupindex}


def patterns(
    resolver: URLResolver, namespaces: tuple[str, ...] = (), given: frozenset[str] = frozenset()
) -> Iterator[tuple[str, URLPattern, frozenset[str]]]:
    """(namespace:name, pattern, parameters of its whole path) of every URL."""
    for item in resolver.url_patterns:
        here = given | parameters(item)
        if isinstance(item, URLResolver):
            inner = (*namespaces, item.namespace) if item.namespace else namespaces
            yield from patterns(item, inner, here)
        else:
            yield ":".join((*namespaces, item.name or str(item.pattern))), item, here


def every_url() -> dict[str, tuple[URLPattern, frozenset[str]]]:
    """Named URLs without the technical administration, whose own test follows."""
    return {name: (item, names) for name, item, names in patterns(get_resolver()) if not name.startswith("admin:")}


def read_table() -> dict[tuple[str, str], list[str]]:
    rows = [line.split() for line in TABLE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {(row[0], row[1]): row[2:] for row in rows}


def methods_of(item: URLPattern) -> str:
    """POST for verbs, GET for everything a browser can open."""
    view = getattr(item.callback, "view_class", None) or getattr(item.callback, "cls", None)
    actions = getattr(item.callback, "actions", None)
    if actions:
        return "GET" if "get" in actions else "POST"
    if view is not None:
        allowed = {m for m in view.http_method_names if hasattr(view, m) and m not in {"options", "head"}}
        return "POST" if allowed == {"post"} else "GET"
    return "GET"


def ask(http: HttpClient, method: str, url: str) -> Any:
    with transaction.atomic():
        response = http.get(url) if method == "GET" else http.post(url)
        transaction.set_rollback(True)
    return response


def page_of(response: Any) -> str:
    """The HTML somebody reads; nothing for documents, refusals and data."""
    is_page = response.status_code == 200 and response.headers["Content-Type"].startswith("text/html")
    return response.content.decode() if is_page else ""


def leads_to(page: str) -> set[str]:
    """The names of the project's URLs that a page's links, buttons and forms lead to."""
    paths = set(re.findall(r'(?:href|action|formaction|hx-get|hx-post)="(/[^"?#]*)', page))
    return {resolve(path).view_name for path in paths if not path.startswith("/static/")}


def doubled_ids(page: str) -> list[str]:
    counted = Counter(re.findall(r'\sid="([^"]+)"', page))
    return [name for name, times in counted.items() if times > 1]


def client_for(world: World, role: str) -> HttpClient:
    http = HttpClient(raise_request_exception=False)
    if role != "anonymous":
        http.force_login(getattr(world, role))
    return http


@pytest.mark.parametrize("role", ROLES)
def test_every_url_answers_as_agreed_to(role, world):
    http = client_for(world, role)
    found, pages = {}, {}
    for name, (item, names) in sorted(every_url().items()):
        url = reverse(name, kwargs=world.kwargs_for(name, names))
        method = methods_of(item)
        response = ask(http, method, url)
        found[name, method] = str(response.status_code)
        pages[name] = page_of(response)
    if os.environ.get("WRITE_URL_TABLE"):
        write_column(role, found)
    column = ROLES.index(role)
    assert found == {row: codes[column] for row, codes in read_table().items()}
    refused = {name for (name, _method), code in found.items() if code == "403"}
    assert {name: there for name, page in pages.items() if (there := leads_to(page) & refused)} == {}
    assert {name: twice for name, page in pages.items() if (twice := doubled_ids(page))} == {}


def write_column(role: str, found: dict[tuple[str, str], str]) -> None:
    """Replaces one role's column of the table; run all roles in one process."""
    known = read_table() if TABLE.exists() else {}
    head = f"# {'URL':<46} method  " + " ".join(f"{name[:9]:>9}" for name in ROLES)
    lines = [head]
    for row, code in sorted(found.items()):
        codes = known.get(row, ["?"] * len(ROLES))
        codes[ROLES.index(role)] = code
        lines.append(f"{row[0]:<48} {row[1]:<6} " + " ".join(f"{c:>9}" for c in codes))
    TABLE.write_text("\n".join(lines) + "\n")


def test_no_url_answers_with_a_server_error():
    assert [row for row, codes in read_table().items() if any(code.startswith("5") for code in codes)] == []


@pytest.mark.parametrize("role", ["manager", "coordinator", "supervisor", "biller", "caregiver", "relative"])
def test_technical_administration_is_closed_to(role, world):
    response = client_for(world, role).get(reverse("admin:index"))
    assert (response.status_code, response.url.startswith(reverse("admin:login"))) == (302, True)
