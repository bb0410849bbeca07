import datetime as dt
import itertools

import pytest

from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError, InvalidTransition
from staff.models import Availability, Member
from staff.services.availability import set_week
from staff.services.member import change_status, hire_member, update_member
from tests.factories import MemberFactory, RoleFactory, VisitFactory

Status = Member.Status
T = dt.time


def hire(branch, by, **fields):
    return hire_member(
        branch=branch, role=RoleFactory(), first_name="Ana", last_name="Reis", hired_on=dt.date(2026, 1, 5), by=by,
        **fields,
    )  # fmt: skip


def test_hired_members_get_numbers_without_repeats(manager, branch):
    MemberFactory(employee_number="E00041")
    MemberFactory(employee_number="TEMP-9")
    assert [hire(branch, manager).employee_number for _ in range(2)] == ["E00042", "E00043"]
    with pytest.raises(DomainError, match="already taken") as refusal:
        hire(branch, manager, employee_number="E00042")
    assert refusal.value.field == "employee_number"


def test_member_unchanged_leaves_no_trace(manager, caregiver):
    update_member(caregiver, by=manager, phone=caregiver.phone)
    assert not Event.objects.filter(action="member.updated").exists()
    update_member(caregiver, by=manager, phone="617 555 0101")
    assert Event.objects.get(action="member.updated").changes == {"phone": ["", "617 555 0101"]}


def test_member_wanting_more_than_the_limit_is_refused(manager, caregiver):
    with pytest.raises(DomainError) as refusal:
        update_member(caregiver, by=manager, weekly_minutes_wanted=60 * 60)
    assert refusal.value.field == "weekly_minutes_wanted"


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, Status)))
def test_member_status_moves_only_along_its_arrows(before, after, manager, branch):
    member = MemberFactory(branch=branch, status=before)
    if after in Member.TRANSITIONS.get(before, set()):
        assert change_status(member, after, by=manager).status == after
    else:
        with pytest.raises(InvalidTransition):
            change_status(member, after, by=manager)


def test_member_with_later_visits_cannot_leave(manager, caregiver):
    visit = VisitFactory(caregiver=caregiver)
    with pytest.raises(Conflict, match="still has 1 visit"):
        change_status(caregiver, Status.LEFT, by=manager, on=visit.starts_at.date() - dt.timedelta(days=1))
    left = change_status(caregiver, Status.LEFT, by=manager, on=visit.starts_at.date())
    assert left.left_on == visit.starts_at.date()
    back = change_status(left, Status.ACTIVE, by=manager, on=dt.date(2027, 1, 4))
    assert (back.left_on, back.hired_on) == (None, dt.date(2027, 1, 4))


def test_week_set_keeps_the_past(manager, branch):
    member = MemberFactory(branch=branch)
    set_week(member, [(0, T(8), T(16))], since=dt.date(2026, 1, 5), by=manager)
    set_week(member, [(0, T(9), T(12)), (0, T(13), T(0))], since=dt.date(2026, 3, 2), by=manager)
    set_week(member, [(1, T(9), T(12))], since=dt.date(2026, 3, 2), by=manager)
    rows = list(Availability.objects.order_by("since").values_list("weekday", "starts", "since", "until"))
    assert rows == [
        (0, T(8), dt.date(2026, 1, 5), dt.date(2026, 3, 1)),
        (1, T(9), dt.date(2026, 3, 2), None),
    ]
    assert Event.objects.filter(action="availability.set").last().changes["week"][1]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([(0, T(22), T(6))], "Monday: 06:00 is not after 22:00"),
        ([(2, T(8), T(12)), (2, T(11), T(14))], "Wednesday: the line 11:00–14:00 overlaps"),
    ],
)
def test_week_that_makes_no_sense_is_refused(lines, sentence, manager, caregiver):
    before = Availability.objects.count()
    with pytest.raises(DomainError, match=sentence):
        set_week(caregiver, lines, since=dt.date(2026, 1, 5), by=manager)
    assert Availability.objects.count() == before
