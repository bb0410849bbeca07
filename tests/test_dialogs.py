"""A form in the dialog stands over a page: no element of the two may have one id."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.test import Client as HttpClient
from django.urls import reverse

from tests.test_urls import ROLES, every_url, read_table
from tests.url_world import World

OPENS_DIALOGS = re.compile("(list|detail|board|settings|proposals|suggestions|unfilled|visits|health|billing|plan)$")


class Ids(HTMLParser):
    """What may collide: the ids of a page, its links into the dialog, and what its labels and descriptions point to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.dialogs: list[str] = []
        self.pointed: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        if "id" in given:
            self.ids.append(given["id"])
        if given.get("hx-target") == "#dialog" and "hx-get" in given:
            self.dialogs.append(given["hx-get"])
        for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            self.pointed.update(given.get(name, "").split())

    @property
    def doubled(self) -> list[str]:
        return sorted(name for name, count in Counter(self.ids).items() if count > 1)


def pages(world: World, http: HttpClient) -> Iterator[tuple[str, Ids]]:
    column = ROLES.index("manager")
    for (name, method), codes in read_table().items():
        if method != "GET" or codes[column] != "200" or not OPENS_DIALOGS.search(name):
            continue
        response = http.get(reverse(name, kwargs=world.kwargs_for(name, every_url()[name][1])))
        if not response.streaming and response["Content-Type"].startswith("text/html"):
            yield name, Ids(response.content.decode())


def test_no_dialog_shares_an_id_with_the_page_under_it(world):
    http = HttpClient(raise_request_exception=False)
    http.force_login(world.manager)
    opened: dict[str, Ids] = {}
    wrong = {}
    for name, page in pages(world, http):
        for url in page.dialogs:
            if url not in opened:
                answer = http.get(url, headers={"HX-Request": "true", "HX-Target": "dialog"})
                opened[url] = Ids(answer.content.decode())
            dialog = opened[url]
            shared = sorted(set(page.ids) & set(dialog.ids))
            lost = sorted(dialog.pointed - set(dialog.ids))
            if shared or dialog.doubled or lost:
                wrong[name, url] = (shared, dialog.doubled, lost)
        if page.doubled:
            wrong[name, ""] = page.doubled
    assert wrong == {}
    assert len(opened) > 50


def test_refused_form_in_the_dialog_keeps_its_ids_and_names(world):
    http = HttpClient()
    http.force_login(world.manager)
    url = reverse("scheduling:visit-cancel", kwargs=world.kwargs_for("scheduling:visit-cancel", {"pk"}))
    in_dialog = http.post(url, headers={"HX-Request": "true", "HX-Target": "dialog"})
    on_page = http.post(url)
    assert in_dialog.status_code == 422
    for answer, kind in ((in_dialog, "dialog"), (on_page, "id")):
        html = answer.content.decode()
        assert 'name="reason"' in html
        assert f'id="{kind}_reason"' in html and f'href="#{kind}_reason' in html and f'for="{kind}_reason"' in html


@pytest.mark.parametrize("name", ["billing:evv-release", "scheduling:visit-cancel"])
def test_full_page_keeps_the_usual_ids(name, world):
    http = HttpClient()
    http.force_login(world.manager)
    html = http.get(reverse(name, kwargs=world.kwargs_for(name, {"pk"}))).content.decode()
    assert 'id="id_reason"' in html
