"""Publishing, rotations, wages and ratings in Chromium: usable at 1440 and 360 px, without axe's remarks."""

import datetime as dt

import pytest
from django.urls import reverse

from homecare.clock import monday_of, now, today
from scheduling.pattern import Assignment
from scheduling.services.publication import publish_visits
from scheduling.services.rating import rate_visit
from scheduling.services.rotation import add_shift, add_turner, create_rotation, draft_rotation
from scheduling.services.schedule import create_schedule
from tests.factories import ClientFactory, ContactFactory, ServiceTypeFactory, completed_visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ZONE = "America/New_York"


@pytest.fixture
def rotation(branch, caregiver, other_caregiver, coordinator):
    monday = monday_of(today(ZONE)) + dt.timedelta(days=7)
    made = create_rotation(branch, name="Early", weeks=2, starts_on=monday, by=coordinator)
    for row, member in enumerate((caregiver, other_caregiver), start=1):
        pattern = create_schedule(
            ClientFactory(branch=branch),
            service_type=ServiceTypeFactory(),
            rule="FREQ=WEEKLY;BYDAY=MO",
            starts_on=monday,
            start_time=dt.time(9),
            duration_minutes=60,
            assignments=[Assignment(member.pk)],
            by=coordinator,
        ).schedule
        add_shift(made, row=row, schedule=pattern, by=coordinator)
        add_turner(made, member=member, first_row=row, by=coordinator)
    return made


@pytest.mark.parametrize("width", [1440, 360])
def test_pages_of_planning(
    page_as, check_axe, fits, width, rotation, branch, caregiver, manager, relative, coordinator
):
    client = ClientFactory(branch=branch)
    ContactFactory(client=client, user=relative, has_portal=True)
    visit = completed_visit(caregiver, starts_at=now() - dt.timedelta(days=1), client=client)
    rate_visit(visit, score=2, comment="Came late", by=relative)
    published = publish_visits(branch, today(ZONE) + dt.timedelta(days=20), by=coordinator)
    roster = draft_rotation(rotation, by=coordinator)
    office = [published.get_absolute_url(), rotation.get_absolute_url(), roster.get_absolute_url()]
    names = ("publication-list", "publication-create", "rotation-list", "rating-list")
    office += [reverse(f"scheduling:{name}") for name in names] + [reverse("billing:payrate-list")]
    page = page_as(manager, width=width)
    for url in office:
        page.goto(url)
        page.wait_for_load_state("networkidle")
        assert (url, check_axe(page), fits(page)) == (url, [], True)
    assert page.goto(reverse("scheduling:publication-create"))
    page.wait_for_selector("#preview table")
    assert caregiver.full_name in page.inner_text("#preview")


def test_caregiver_and_family_on_a_phone(page_as, check_axe, fits, rotation, branch, caregiver, relative, coordinator):
    publish_visits(branch, today(ZONE) + dt.timedelta(days=20), by=coordinator)
    phone = page_as(caregiver.user, width=360)
    phone.goto(reverse("scheduling:phone-week"))
    assert (check_axe(phone), fits(phone)) == ([], True)
    phone.click("text=I have seen my visits")
    phone.wait_for_selector("text=The office knows")
    client = ClientFactory(branch=branch)
    ContactFactory(client=client, user=relative, has_portal=True)
    visit = completed_visit(caregiver, starts_at=now() - dt.timedelta(days=1), client=client)
    family = page_as(relative, width=360)
    family.goto(reverse("reports:portal"))
    assert (check_axe(family), fits(family)) == ([], True)
    family.click("text=How was it?")
    family.wait_for_url(f"**{reverse('scheduling:rating-create', args=[visit.pk])}")
    assert (check_axe(family), fits(family)) == ([], True)
    family.check("text=Very good")
    family.click("button:has-text('Send')")
    family.wait_for_selector("text=You gave 5 of 5")
