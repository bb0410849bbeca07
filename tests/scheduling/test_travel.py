"""Travel times: straight line, the table of known ways, and routing services behind a local server."""

import datetime as dt
import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from homecare.accounts.models import Agency
from scheduling import travel
from scheduling.models import TravelLeg
from scheduling.travel.matrix import Matrix
from scheduling.travel.routing import RoutingService, stars
from scheduling.travel.times import Cell, Times
from tests.factories import AddressFactory, ClientFactory, VisitFactory
from tests.scheduling.placing import HOUR, NINE, against

pytestmark = pytest.mark.django_db

HOME, NEAR, FAR = (42.36, -71.06), (42.37, -71.06), (42.45, -71.06)


def leg(start, end, minutes, source="imported"):
    a, b = Cell.of(start), Cell.of(end)
    return TravelLeg.objects.create(
        origin_latitude=a.latitude,
        origin_longitude=a.longitude,
        destination_latitude=b.latitude,
        destination_longitude=b.longitude,
        minutes=minutes,
        source=source,
    )


def test_straight_line_with_the_agencys_speed_and_road_factor():
    assert travel.minutes(HOME, FAR, 30) == 21  # 10.0 km
    assert travel.minutes(HOME, FAR, 30, 1.3) == 27
    assert travel.minutes(HOME, FAR, 60) == 11
    assert travel.minutes(None, FAR, 30) is None
    assert travel.minutes(HOME, HOME, 30) == 0


def test_straight_line_asks_nobody():
    with CaptureQueriesContext(connection) as seen:
        times = Times(30)
        times.prepare([(HOME, FAR)])
        assert times.minutes(HOME, FAR) == 21
    assert len(seen) == 0


def test_matrix_comes_before_the_straight_line(settings):
    settings.TRAVEL_TIMES = "matrix"
    leg(HOME, FAR, 40)
    times = Times(30)
    with CaptureQueriesContext(connection) as seen:
        times.prepare([(HOME, FAR), (FAR, HOME), (HOME, NEAR), (None, FAR), (HOME, HOME)])
    assert len(seen) == 1
    assert [times.minutes(HOME, FAR), times.minutes(FAR, HOME), times.minutes(HOME, NEAR)] == [40, 21, 3]
    assert times.minutes((42.3601, -71.0602), FAR) == 40  # the same cell of 100 m


def test_matrix_keeps_the_newest_measurement():
    key = (Cell.of(HOME), Cell.of(FAR))
    Matrix().keep({key: 30}, source="osrm")
    Matrix().keep({key: 35}, source="valhalla")
    assert Matrix().read({key}) == {key: 35}
    assert TravelLeg.objects.get().source == "valhalla"


def test_stars_gather_ways_around_the_busiest_place():
    hub = Cell.of(HOME)
    others = [Cell(42000 + n, -71000) for n in range(60)]
    legs = {(other, hub) for other in others} | {(hub, other) for other in others[:3]}
    made = list(stars(legs))
    assert {star.hub for star in made} == {hub}
    assert sorted(len(star.others) for star in made) == [3, 11, 49]
    assert {star.leg(other) for star in made for other in star.others} == legs


class Answers(BaseHTTPRequestHandler):
    """Speaks like the service named in the class: 10 minutes outward, 12 back, nothing to the first place asked."""

    asked: list = []
    delay = 0.0
    status = 200
    shape = "right"

    def log_message(self, *args):
        """Quiet."""

    def _reply(self, body):
        time.sleep(self.delay)
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"not json" if self.shape == "wrong" else json.dumps(body).encode())

    def do_GET(self):
        self.asked.append(self.path)
        points = self.path.split("/driving/")[1].split("?")[0].split(";")
        outward = "sources=0&" in self.path
        values = [None if n == 0 and len(points) > 2 else (595 if outward else 720) for n in range(len(points) - 1)]
        self._reply({"durations": [values] if outward else [[value] for value in values]})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(asked)
        rows = [[{"time": 601} for _target in asked["targets"]] for _source in asked["sources"]]
        self._reply({"sources_to_targets": rows})


@pytest.fixture
def server(settings):
    """A routing service on this machine; `server.answers` says how it behaves."""
    answers = type("Behaviour", (Answers,), {"asked": []})
    httpd = HTTPServer(("127.0.0.1", 0), answers)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    httpd.answers = answers
    settings.TRAVEL_URL = f"http://127.0.0.1:{httpd.server_port}/"
    settings.TRAVEL_TIMEOUT_SECONDS = 1
    yield httpd
    httpd.shutdown()
    httpd.server_close()
    RoutingService._rests_until.clear()


def test_osrm_answers_are_rounded_up_and_remembered(server, settings):
    settings.TRAVEL_TIMES = "osrm"
    times = Times(30)
    times.prepare([(HOME, FAR)])
    assert times.minutes(HOME, FAR) == 10
    assert server.answers.asked == [
        "/table/v1/driving/-71.060,42.360;-71.060,42.450?sources=0&destinations=1&annotations=duration"
    ]
    again = Times(30)
    again.prepare([(HOME, FAR)])
    assert (again.minutes(HOME, FAR), len(server.answers.asked)) == (10, 1)
    assert TravelLeg.objects.get().source == "osrm"


def test_osrm_leaves_ways_it_does_not_know_to_the_straight_line(server, settings):
    settings.TRAVEL_TIMES = "osrm"
    times = Times(30)
    times.prepare([(HOME, NEAR), (HOME, FAR)])
    assert sorted([times.minutes(HOME, NEAR), times.minutes(HOME, FAR)]) in ([3, 10], [10, 21])


def test_valhalla_answers(server, settings):
    settings.TRAVEL_TIMES = "valhalla"
    times = Times(30)
    times.prepare([(HOME, FAR), (NEAR, FAR)])
    assert (times.minutes(HOME, FAR), times.minutes(NEAR, FAR)) == (11, 11)
    (asked,) = server.answers.asked
    assert asked["targets"] == [{"lat": 42.45, "lon": -71.06}] and len(asked["sources"]) == 2


@pytest.mark.parametrize("trouble", ["status", "shape", "delay", "closed"])
def test_a_service_that_fails_is_left_alone_and_the_straight_line_counts(server, settings, caplog, trouble):
    settings.TRAVEL_TIMES = "osrm"
    if trouble == "status":
        server.answers.status = 500
    elif trouble == "shape":
        server.answers.shape = "wrong"
    elif trouble == "delay":
        settings.TRAVEL_TIMEOUT_SECONDS, server.answers.delay = 0.1, 0.5
    else:
        settings.TRAVEL_URL = "http://127.0.0.1:1"
    with caplog.at_level(logging.WARNING, logger="scheduling.travel.routing"):
        for _time in range(2):
            times = Times(30)
            times.prepare([(HOME, FAR)])
            assert times.minutes(HOME, FAR) == 21
    (said,) = caplog.messages  # the second batch does not ask again
    assert "osrm did not answer" in said
    assert "42.3" not in said and "71.0" not in said
    assert len(server.answers.asked) <= 1
    assert not TravelLeg.objects.exists()


def test_only_http_is_spoken(settings, caplog):
    settings.TRAVEL_TIMES, settings.TRAVEL_URL = "osrm", "file:///etc"
    times = Times(30)
    times.prepare([(HOME, FAR)])
    assert times.minutes(HOME, FAR) == 21
    RoutingService._rests_until.clear()


def test_rule_of_travel_asks_the_chosen_source(settings, branch, caregiver):
    settings.TRAVEL_TIMES = "matrix"
    client, other = ClientFactory(branch=branch), ClientFactory(branch=branch, last_name="Mensah")
    AddressFactory(client=client, latitude=HOME[0], longitude=HOME[1])
    AddressFactory(client=other, latitude=NEAR[0], longitude=NEAR[1])
    VisitFactory(client=other, caregiver=caregiver, starts_at=NINE - HOUR - dt.timedelta(minutes=10))
    assert "travel_time" not in against(client, caregiver)
    leg(NEAR, HOME, 25)
    assert "needs about 25 min from Mensah R." in against(client, caregiver)["travel_time"].sentence


def test_rule_of_travel_uses_the_road_factor(branch, caregiver):
    client, other = ClientFactory(branch=branch), ClientFactory(branch=branch, last_name="Mensah")
    AddressFactory(client=client, latitude=HOME[0], longitude=HOME[1])
    AddressFactory(client=other, latitude=FAR[0], longitude=FAR[1])
    VisitFactory(client=other, caregiver=caregiver, starts_at=NINE - HOUR - dt.timedelta(minutes=21))
    assert "travel_time" not in against(client, caregiver)
    Agency.objects.update_or_create(pk=1, defaults={"travel_factor": "1.30"})
    assert "about 27 min" in against(client, caregiver)["travel_time"].sentence


def test_import_reads_a_file_of_ways(tmp_path, capsys):
    file = tmp_path / "ways.csv"
    file.write_text(
        "from_latitude,from_longitude,to_latitude,to_longitude,minutes\n42.36,-71.06,42.45,-71.06,33\n"
        "42.45,-71.06,42.36,-71.06,35\n"
    )
    call_command("import_travel_times", str(file))
    assert "2 ways" in capsys.readouterr().out
    key = (Cell.of(FAR), Cell.of(HOME))
    assert Matrix().read({key}) == {key: 35}


@pytest.mark.parametrize("line", ["42.36,-71.06,42.45", "42.36,-71.06,142.45,-71.06,5", "a,b,c,d,e", "1,1,1,2,2000"])
def test_import_refuses_a_file_with_a_wrong_line(tmp_path, line):
    file = tmp_path / "ways.csv"
    file.write_text(
        f"from_latitude,from_longitude,to_latitude,to_longitude,minutes\n42.36,-71.06,42.45,-71.06,3\n{line}\n"
    )
    with pytest.raises(CommandError, match="line 3"):
        call_command("import_travel_times", str(file))
    assert not TravelLeg.objects.exists()
