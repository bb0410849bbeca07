from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.units import MINUTES_ADDED, UnknownRounding, quantity, quarter_units
from homecare.money import line_amount
from tests.billing.tables import worked_table

UNITS = worked_table("minutes", "nearest8", "floor", "ceil", "exact, in hours")
AMOUNTS = worked_table("minutes", "rounding", "unit", "rate", "quantity", "amount")
minutes_of_a_day = st.integers(0, 1500)
roundings = st.sampled_from(sorted(MINUTES_ADDED))


@pytest.mark.parametrize(("minutes", "nearest8", "floor", "ceil", "exact_hours"), UNITS)
def test_units_follow_the_worked_table(minutes, nearest8, floor, ceil, exact_hours):
    made = [str(quarter_units(int(minutes), name)) for name in ("nearest8", "floor", "ceil")]
    assert made == [nearest8, floor, ceil]
    assert str(quantity(int(minutes), "hour", "exact")) == exact_hours


@pytest.mark.parametrize(("minutes", "units"), [(7, 0), (8, 1), (22, 1), (23, 2), (37, 2), (38, 3), (52, 3), (53, 4)])
def test_units_nearest8_follows_the_standard(minutes, units):
    assert quarter_units(minutes, "nearest8") == units


@pytest.mark.parametrize(("minutes", "rounding", "unit", "rate", "expected", "amount"), AMOUNTS)
def test_amount_follows_the_worked_table(minutes, rounding, unit, rate, expected, amount):
    made = quantity(int(minutes), unit, rounding)
    assert (made, str(line_amount(made, Decimal(rate)))) == (Decimal(expected), amount)


def test_units_are_per_visit_not_per_day():
    assert (2 * quarter_units(52, "nearest8"), quarter_units(104, "nearest8")) == (6, 7)


@settings(deadline=None)
@given(minutes_of_a_day, roundings)
def test_units_never_shrink_when_a_visit_lasts_longer(minutes, rounding):
    assert quarter_units(minutes, rounding) <= quarter_units(minutes + 1, rounding)


@settings(deadline=None)
@given(minutes_of_a_day)
def test_units_lie_between_floor_and_ceil(minutes):
    low, near, high = (quarter_units(minutes, name) for name in ("floor", "nearest8", "ceil"))
    assert low <= near <= high <= low + 1
    assert abs(near * 15 - minutes) <= 8


@settings(deadline=None)
@given(minutes_of_a_day, roundings)
def test_hours_are_a_quarter_of_the_quarters(minutes, rounding):
    hours, quarters = quantity(minutes, "hour", rounding), quantity(minutes, "quarter", rounding)
    assert abs(hours * 4 - quarters) <= Decimal("0.0003")


def test_units_refuse_what_no_rule_makes():
    with pytest.raises(UnknownRounding):
        quarter_units(60, "tenths")
    with pytest.raises(ValueError, match="never negative"):
        quarter_units(-1, "floor")
    with pytest.raises(ValueError, match="unknown unit"):
        quantity(60, "mile", "floor")
