"""How time off reads: nobody says midnight."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from homecare.clock import at_local
from homecare.dates import written
from homecare.inbox.models import Notification
from staff.away import away_words
from staff.services.time_off import request_time_off
from tests.factories import TimeOffFactory

ZONE = "America/New_York"
CASES = [  # {a} is Monday 23 November, {b} the Wednesday after it
    ("23 00:00", "24 00:00", "{a}, all day", "{a}, todo el día", "{a}, toute la journée"),
    ("23 00:00", "26 00:00", "{a} – {b}", "{a} – {b}", "{a} – {b}"),
    ("23 10:12", "24 00:00", "{a}, from 10:12", "{a}, desde las 10:12", "{a}, à partir de 10:12"),
    ("23 00:00", "23 12:30", "{a}, until 12:30", "{a}, hasta las 12:30", "{a}, jusqu'à 12:30"),
    ("23 10:12", "26 00:00", "{a}, 10:12 – {b}", "{a}, 10:12 – {b}", "{a}, 10:12 – {b}"),
    ("23 00:00", "25 12:30", "{a} – {b}, 12:30", "{a} – {b}, 12:30", "{a} – {b}, 12:30"),
    ("23 10:12", "23 12:30", "{a}, 10:12–12:30", "{a}, 10:12–12:30", "{a}, 10:12–12:30"),
]
MONDAY, WEDNESDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 25)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC), tick=False):
        yield


def moment(text: str) -> dt.datetime:
    day, time = text.split()
    return at_local(dt.date(2026, 11, int(day)), dt.time.fromisoformat(time), ZONE)


@pytest.mark.parametrize(("starts", "ends", "en", "es", "fr"), CASES)
def test_time_off_reads_as_people_say_it(starts, ends, en, es, fr):
    for language, text in (("en", en), ("es", es), ("fr", fr)):
        with translation.override(language):
            wanted = text.format(a=written(MONDAY), b=written(WEDNESDAY))
            assert away_words(moment(starts), moment(ends), ZONE).removesuffix(" EST") == wanted


def test_a_day_off_is_all_day_wherever_it_is_shown(caregiver, coordinator, as_user):
    off = TimeOffFactory(
        member=caregiver, starts_at=moment("23 00:00"), ends_at=moment("24 00:00"), reason="sick", status="approved"
    )
    request_time_off(caregiver, starts_at=moment("25 00:00"), ends_at=moment("27 00:00"), by=caregiver.user)
    note = Notification.objects.get(kind="time_off.requested", recipient=coordinator)
    assert note.body == "Wed 25 Nov – Thu 26 Nov"
    office, phone = as_user(coordinator), as_user(caregiver.user)
    pages = [
        (office, reverse("scheduling:absence-detail", args=[off.pk])),
        (office, reverse("staff:timeoff-list") + "?status=approved"),
        (office, caregiver.get_absolute_url() + "?tab=availability"),
        (phone, reverse("staff:timeoff-ask")),
    ]
    for http, url in pages:
        html = http.get(url).content.decode()
        assert ("Mon 23 Nov, all day" in html, ", 00:00" in html) == (True, False), url
