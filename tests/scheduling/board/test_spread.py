"""Marks on the map are drawn apart."""

from __future__ import annotations

from itertools import combinations
from math import dist

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.spread import FARTHEST, Point, Size, spread

MARK, SHEET = Size(38, 22), Size(960, 640)
places = st.lists(st.builds(Point, st.integers(0, 960), st.integers(0, 640)), max_size=60)


def overlap(one, other):
    return abs(one.x - other.x) < MARK.width and abs(one.y - other.y) < MARK.height


def test_places_far_from_each_other_stay_where_they_are():
    far = [Point(100, 100), Point(200, 100), Point(100, 140)]
    assert spread(far, MARK, SHEET) == far


def test_two_at_one_place_stand_over_each_other_at_the_nearest_room():
    assert spread([Point(100, 100)] * 2, MARK, SHEET) == [Point(100, 100), Point(100, 78)]


def test_mark_at_the_edge_is_drawn_whole():
    assert spread([Point(480, 0)], MARK, SHEET) == [Point(480, 11)]


def test_whoever_finds_no_room_gets_no_mark():
    spots = spread([Point(480, 320)] * 200, MARK, SHEET)
    shown = [spot for spot in spots if spot is not None]
    assert 20 < len(shown) < 200
    assert spots[0] == Point(480, 320)


@settings(max_examples=60, deadline=None)
@given(places)
def test_marks_never_overlap_stay_near_and_on_the_sheet(places):
    spots = spread(places, MARK, SHEET)
    assert len(spots) == len(places)
    shown = [spot for spot in spots if spot is not None]
    assert not any(overlap(one, other) for one, other in combinations(shown, 2))
    assert all(dist(place, spot) <= FARTHEST for place, spot in zip(places, spots, strict=True) if spot)
    assert all(19 <= spot.x <= 941 and 11 <= spot.y <= 629 for spot in shown)
