import itertools

import pytest

from careplans.instruments import INSTRUMENTS, KATZ, LAWTON
from careplans.scoring import AnswerMissing, AnswerUnknown, highest, score_of


def answers(instrument, total):
    """The first `total` items answered with 1, the rest with 0."""
    return {item["code"]: int(number < total) for number, item in enumerate(instrument["items"])}


@pytest.mark.parametrize(
    ("total", "band"),
    [(0, "Severe loss of function"), (1, "Severe loss of function"), (2, "Severe loss of function"),
     (3, "Moderate loss of function"), (4, "Moderate loss of function"), (5, "Moderate loss of function"),
     (6, "Full function")],
)  # fmt: skip
def test_katz_bands_follow_the_published_cuts(total, band):
    assert score_of(KATZ["items"], KATZ["bands"], answers(KATZ, total))[:2] == (total, band)


@pytest.mark.parametrize(
    ("total", "band"),
    [(0, "Low function, depends on others"), (1, "Low function, depends on others"),
     (2, "Needs help with most tasks"), (4, "Needs help with most tasks"), (5, "Needs help with some tasks"),
     (7, "Needs help with some tasks"), (8, "High function, independent")],
)  # fmt: skip
def test_lawton_bands_run_from_low_to_high(total, band):
    assert score_of(LAWTON["items"], LAWTON["bands"], answers(LAWTON, total))[:2] == (total, band)


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one["code"])
def test_every_total_has_exactly_one_band(instrument):
    covered = list(itertools.chain(*(range(band["from"], band["to"] + 1) for band in instrument["bands"])))
    assert covered == list(range(highest(instrument["items"]) + 1))


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one["code"])
def test_every_item_counts_one_point(instrument):
    for item in instrument["items"]:
        filled = answers(instrument, 0) | {item["code"]: 1}
        assert score_of(instrument["items"], instrument["bands"], filled).score == 1


def test_missing_answer_names_the_item():
    filled = answers(KATZ, 6)
    del filled["continence"]
    with pytest.raises(AnswerMissing) as refusal:
        score_of(KATZ["items"], KATZ["bands"], filled)
    assert (refusal.value.code, refusal.value.text) == ("continence", "Bladder and bowel control")


@pytest.mark.parametrize(("code", "value"), [("bathing", 2), ("bathing", -1), ("flying", 1)])
def test_unknown_answer_is_refused(code, value):
    with pytest.raises(AnswerUnknown) as refusal:
        score_of(KATZ["items"], KATZ["bands"], answers(KATZ, 6) | {code: value})
    assert refusal.value.code == code
