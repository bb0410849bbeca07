"""The frame: who sees which entries, at what cost; the agency's colour; messages of htmx answers; served packages."""

from __future__ import annotations

import json

import pytest
from django.contrib import messages
from django.contrib.auth.models import Permission
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.http import HttpResponse
from django.templatetags.static import static
from django.test import RequestFactory, override_settings
from django.urls import reverse
from django.views import defaults

from homecare import brand, navigation, static_finder
from homecare.context import Frame
from homecare.errors import Conflict, DomainErrorMiddleware
from homecare.navigation import Entry, Section
from homecare.static_finder import NpmFinder
from homecare.toasts import ToastMiddleware
from tests.factories import ClientFactory

SECTIONS = (
    Section("work", "Work", "users", (Entry("Log in", "account_login"), Entry("Gone", "clients:never-made"))),
    Section("own", "Own", "key", (Entry("Password", "account_change_password", "clients.view_client"),)),
)


@pytest.fixture
def two_sections(monkeypatch):
    monkeypatch.setattr(navigation, "OFFICE", SECTIONS)


def test_menu_shows_what_exists_and_is_allowed(two_sections, coordinator, caregiver):
    def words(user):
        return [(section.key, [link.label for link in section.links]) for section in navigation.office_menu(user, "")]

    assert words(coordinator) == [("work", ["Log in"]), ("own", ["Password"])]
    assert words(caregiver.user) == [("work", ["Log in"])]


def test_menu_marks_the_section_of_the_page(two_sections, coordinator):
    menu = navigation.office_menu(coordinator, "account_change_password")
    assert [(section.key, section.is_current, section.links[0].is_current) for section in menu] == [
        ("work", False, False),
        ("own", True, True),
    ]


def test_menu_costs_the_same_queries_for_one_entry_and_for_all(coordinator, django_assert_num_queries):
    coordinator = type(coordinator).objects.get(pk=coordinator.pk)
    with django_assert_num_queries(1):  # own permissions and those of the groups
        navigation.office_menu(coordinator, "")


def test_menu_asks_only_for_permissions_that_exist(db):
    wanted = {entry.permission for section in navigation.OFFICE for entry in section.entries}
    known = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    assert wanted - known == set()


def _frame(user, **session) -> Frame:
    request = RequestFactory().get("/")
    request.user, request.session, request.resolver_match = user, session, None
    return Frame(request)


def test_branch_choice_is_ignored_when_the_branch_is_not_the_persons(coordinator, branch, other_branch):
    assert _frame(coordinator, branch_id=branch.pk).branch == branch
    assert _frame(coordinator, branch_id=other_branch.pk).branch is None
    assert _frame(coordinator).branches == [branch]


@pytest.mark.parametrize("colour", ["#1a6b54", "#ffe600", "#ffffff", "#000000", "#7f7f7f", "#00aaff"])
def test_brand_colour_can_always_be_read(colour):
    for ground, least in ((brand.ON_LIGHT, 4.5), (brand.ON_DARK, 4.5)):
        assert brand.contrast(brand.readable_on(ground, brand.rgb(colour)), ground) >= least


def test_readable_brand_colour_is_kept_as_it_is():
    assert brand.readable_on(brand.ON_LIGHT, brand.rgb("#1a6b54")) == (26, 107, 84)


def test_brand_sheet_ignores_what_is_no_colour():
    assert brand.style_sheet("red;} body{display:none") == brand.style_sheet(brand.FALLBACK)


def test_a_document_without_a_page_finds_the_icon(client):
    asked = client.get("/favicon.ico")
    assert asked.status_code == 302
    assert asked.url == static("img/icon.svg")


def test_contrast_agrees_with_wcag_examples():
    assert brand.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert brand.contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


def _answer(headers: dict[str, str], htmx: bool = True) -> HttpResponse:
    request = RequestFactory().post("/")
    request.htmx = htmx
    request._messages = CookieStorage(request)
    messages.success(request, "Saved “Maria”.")
    return ToastMiddleware(lambda _request: HttpResponse(headers=headers))(request)


def test_messages_travel_with_an_htmx_answer():
    assert json.loads(_answer({})["HX-Trigger"]) == {"toast": [{"text": "Saved “Maria”.", "tone": "success"}]}


def test_messages_join_what_the_answer_triggers_already():
    earlier = json.dumps({"toast": {"text": "First.", "tone": "info"}, "visits-changed": {}})
    assert json.loads(_answer({"HX-Trigger": earlier})["HX-Trigger"]) == {
        "toast": [{"text": "First.", "tone": "info"}, {"text": "Saved “Maria”.", "tone": "success"}],
        "visits-changed": {},
    }
    assert set(json.loads(_answer({"HX-Trigger": "dialog:close"})["HX-Trigger"])) == {"dialog:close", "toast"}


@pytest.mark.parametrize("header", ["HX-Redirect", "HX-Refresh", "HX-Location"])
def test_messages_wait_for_the_page_the_browser_goes_to(header):
    assert "HX-Trigger" not in _answer({header: "/"})
    assert "HX-Trigger" not in _answer({}, htmx=False)


def test_served_packages_are_exactly_the_whitelist():
    assert [name for name, _storage in NpmFinder().list([])] == list(static_finder.FILES)
    assert finders.find("vendor/htmx.min.js").endswith("node_modules/htmx.org/dist/htmx.min.js")
    for elsewhere in ("vendor/../../package.json", "htmx.org/dist/htmx.js", "vendor/tabler.min.css.map"):
        assert NpmFinder().find(elsewhere) == []


def test_missing_package_is_told_before_the_first_page(monkeypatch, tmp_path):
    assert NpmFinder().check() == []
    monkeypatch.setattr(static_finder, "NODE_MODULES", tmp_path)
    [error] = NpmFinder().check()
    assert error.id == "homecare.E001"
    assert "bin/setup" in error.hint


def test_collected_files_carry_their_hash_and_no_source_map(tmp_path):
    storages = {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "homecare.static_storage.StaticStorage", "OPTIONS": {"location": str(tmp_path)}},
    }
    with override_settings(STORAGES=storages, STATICFILES_FINDERS=["homecare.static_finder.NpmFinder"]):
        finders.get_finder.cache_clear()
        call_command("collectstatic", interactive=False, verbosity=0)
    finders.get_finder.cache_clear()
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert sorted(manifest) == sorted(static_finder.FILES)
    assert (
        (tmp_path / manifest["vendor/tabler.min.css"])
        .with_name(manifest["vendor/tabler.min.css"].split("/")[-1] + ".br")
        .is_file()
    )


@pytest.mark.parametrize(
    ("view", "arguments", "status", "words"),
    [
        (defaults.server_error, (), 500, "Something went wrong on our side"),
        (defaults.bad_request, (Exception("x"),), 400, "This address could not be understood"),
        (defaults.permission_denied, (Exception("x"),), 403, "You may not open this page"),
        (defaults.page_not_found, (Exception("x"),), 404, "This page is not here"),
    ],
)
def test_error_page_needs_neither_database_nor_session(view, arguments, status, words):
    answer = view(RequestFactory().get("/"), *arguments)
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_domain_error_outside_a_form_is_a_page_with_its_sentence(coordinator):
    request = RequestFactory().get("/")
    request.user, request.session, request.resolver_match, request.htmx = coordinator, {}, None, False
    request._messages = CookieStorage(request)
    answer = DomainErrorMiddleware(lambda _request: HttpResponse()).process_exception(
        request, Conflict("Ben Silva is taken. Choose another time.")
    )
    assert (answer.status_code, "Ben Silva is taken. Choose another time." in answer.content.decode()) == (409, True)


def test_about_offers_the_source_to_everybody_signed_in(coordinator, caregiver, relative, as_user, client, settings):
    url = reverse("about")
    assert client.get(url).status_code == 302
    for user in (coordinator, caregiver.user, relative):
        page = as_user(user).get(url).content.decode()
        assert "Affero General Public License" in page and "has the right to the source code" in page
    settings.SOURCE_URL = "https://code.example.org/homecare"
    assert "https://code.example.org/homecare" in as_user(coordinator).get(url).content.decode()


def test_list_shows_as_many_rows_as_chosen(coordinator, as_user):
    ClientFactory.create_batch(51, branch=coordinator.branches.get())
    http, url = as_user(coordinator), reverse("clients:client-list")

    def shown(query):
        page = http.get(url + query)
        return len(page.context["object_list"]), page.context["page_obj"].paginator.num_pages

    assert [shown(query) for query in ("", "?rows=100", "?rows=7", "?rows=x")] == [(50, 2), (51, 1), (50, 2), (50, 2)]


def test_list_keeps_the_rows_chosen_while_it_is_filtered(coordinator, as_user):
    ClientFactory.create_batch(51, branch=coordinator.branches.get())
    page = as_user(coordinator).get(reverse("clients:client-list"), {"rows": "100"}).content.decode()
    assert '<input type="hidden" name="rows" value="100">' in page
    assert 'href="?rows=200"' in page and 'aria-current="true">100' in page


@pytest.mark.parametrize(
    ("view_name", "section"),
    [
        ("scheduling:service-type-update", "settings"),
        ("scheduling:service-type-create", "settings"),
        ("scheduling:reason-code-import", "settings"),
        ("scheduling:training-add", "settings"),
        ("scheduling:waiting-detail", "clients"),
        ("scheduling:capacity-hour", "reports"),
        ("scheduling:compliance-visits", "fieldwork"),
        ("scheduling:visit-detail", "scheduling"),
        ("scheduling:visit-approval", "fieldwork"),
        ("clients:client-detail", "clients"),
        ("account_login", ""),
    ],
)
def test_page_belongs_to_the_section_of_its_noun(administrator, view_name, section):
    marked = [one.key for one in navigation.office_menu(administrator, view_name) if one.is_current]
    assert marked == ([section] if section else [])


def test_entry_of_a_list_marks_the_link_of_its_list(administrator):
    clients = next(one for one in navigation.office_menu(administrator, "scheduling:waiting-detail") if one.is_current)
    assert [(str(link.label), link.is_current) for link in clients.links if link.is_within] == [("Waiting list", False)]
    assert not any(
        link.is_within for one in navigation.office_menu(administrator, "account_login") for link in one.links
    )
