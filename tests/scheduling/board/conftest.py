from __future__ import annotations

import pytest

from tests.factories import ClientFactory, ScheduleFactory
from tests.scheduling.board.world import MONDAY, visit_at


@pytest.fixture(autouse=True)
def in_november(in_november):
    """The week drawn here lies ahead, on whatever day the tests run."""


@pytest.fixture
def http(as_user, coordinator):
    return as_user(coordinator)


@pytest.fixture
def lopez(branch):
    return ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")


@pytest.fixture
def pair(lopez, caregiver, other_caregiver):
    schedule = ScheduleFactory(client=lopez, head_count=2)
    common = {"schedule": schedule, "occurrence_on": MONDAY, "service_type": schedule.service_type}
    return [visit_at(lopez, caregiver=who, slot=n, **common) for n, who in ((1, caregiver), (2, other_caregiver))]
