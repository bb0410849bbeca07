from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careplans.news2 import Observation, news2

WELL = {"respiration": 16, "oxygen": 98, "systolic": 120, "heart_rate": 70, "temperature": D("36.8")}


def points(part: str, value, **more) -> int:
    return news2(Observation(**{**WELL, part: D(value)}, **more)).points[part]


TABLE = {
    "respiration": {4: 3, 8: 3, 9: 1, 11: 1, 12: 0, 20: 0, 21: 2, 24: 2, 25: 3, 40: 3},
    "oxygen": {80: 3, 91: 3, 92: 2, 93: 2, 94: 1, 95: 1, 96: 0, 100: 0},
    "systolic": {70: 3, 90: 3, 91: 2, 100: 2, 101: 1, 110: 1, 111: 0, 219: 0, 220: 3},
    "heart_rate": {30: 3, 40: 3, 41: 1, 50: 1, 51: 0, 90: 0, 91: 1, 110: 1, 111: 2, 130: 2, 131: 3},
    "temperature": {"34.0": 3, "35.0": 3, "35.1": 1, "36.0": 1, "36.1": 0, "38.0": 0, "38.1": 1, "39.0": 1, "39.1": 2},
}


@pytest.mark.parametrize(
    ("part", "value", "expected"), [(part, value, n) for part, row in TABLE.items() for value, n in row.items()]
)
def test_points_follow_the_rcp_table(part, value, expected):
    assert points(part, value) == expected


@pytest.mark.parametrize(
    ("oxygen", "on_air", "on_oxygen"),
    [(83, 3, 3), (84, 2, 2), (85, 2, 2), (86, 1, 1), (87, 1, 1), (88, 0, 0), (92, 0, 0), (93, 0, 1), (94, 0, 1),
     (95, 0, 2), (96, 0, 2), (97, 0, 3), (100, 0, 3)],
)  # fmt: skip
def test_scale_2_serves_people_with_a_target_of_88_to_92(oxygen, on_air, on_oxygen):
    assert points("oxygen", oxygen, target_88=True) == on_air
    assert points("oxygen", oxygen, target_88=True, on_oxygen=True) == on_oxygen


@pytest.mark.parametrize(
    ("changed", "total", "risk"),
    [
        ({}, 0, "low"),
        ({"heart_rate": 95, "respiration": 21}, 3, "low"),
        ({"systolic": 90}, 3, "low_medium"),
        ({"alert": False}, 3, "low_medium"),
        ({"heart_rate": 115, "respiration": 22}, 4, "low"),
        ({"heart_rate": 115, "respiration": 22, "temperature": D("38.5")}, 5, "medium"),
        ({"heart_rate": 115, "respiration": 22, "on_oxygen": True}, 6, "medium"),
        ({"heart_rate": 115, "respiration": 22, "on_oxygen": True, "temperature": D("38.5")}, 7, "high"),
        ({"respiration": 26, "oxygen": 90, "systolic": 85, "heart_rate": 135, "temperature": D("34.5"),
          "on_oxygen": True, "alert": False}, 20, "high"),
    ],
)  # fmt: skip
def test_worked_cases(changed, total, risk):
    score = news2(Observation(**{**WELL, **changed}))
    assert (score.total, score.risk, score.needs_call) == (total, risk, risk != "low")


@given(
    st.builds(
        Observation,
        respiration=st.integers(4, 70).map(D),
        oxygen=st.integers(40, 100).map(D),
        systolic=st.integers(40, 300).map(D),
        heart_rate=st.integers(20, 250).map(D),
        temperature=st.decimals(25, 45, places=1),
        on_oxygen=st.booleans(),
        alert=st.booleans(),
        target_88=st.booleans(),
    )
)
def test_score_stays_between_0_and_20_and_oxygen_never_lowers_it(seen):
    score = news2(seen)
    assert 0 <= score.total <= 20
    assert score.total == sum(score.points.values())
    assert score.points["air"] == (2 if seen.on_oxygen else 0)
