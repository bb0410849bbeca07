"""A caregiver clocks by telephone: what is said, what is kept, and what nobody can do."""

import re

import pytest

from scheduling.telephony.conversation import Caller, Home, Stage, State, advance, begin
from scheduling.telephony.numbers import masked, significant
from scheduling.telephony.prompts import SENTENCES, say

HOME = "+16175550101"


class PaperBook:
    """A book without a database."""

    def __init__(self, homes=("Rosa",), tasks=None, devices=False):
        self._homes, self._tasks, self.devices = homes, tasks or {}, devices

    def caller(self, pin):
        return Caller(7, "es") if pin == "482913" else None

    def homes(self):
        return [Home(n, name) for n, name in enumerate(self._homes, 50)]

    def tasks(self, member, client):
        return self._tasks

    def device_time(self, member, client, code):
        return "8:02 AM" if code == "12345678" else None

    def has_devices(self):
        return self.devices

    def spoken_now(self):
        return "9:00 AM"


def play(book, *keyed):
    """The turns of a call in which these keys are pressed."""
    turns = [begin()]
    for digits in keyed:
        turns.append(advance(turns[-1].state, digits, book))
    return turns


def names(turn):
    return [line.name for line in turn.lines]


def test_clock_in_is_three_steps():
    greeting, act, over = play(PaperBook(), "482913", "1")
    assert (names(greeting), greeting.digits) == (["greeting"], 0)
    assert (names(act), act.digits, act.state.client, act.state.language) == (["act"], 1, 50, "es")
    assert (names(over), over.is_over, over.effects) == (["clocked_in", "goodbye"], True, (("punch", {"kind": "in"}),))


def test_clock_out_keeps_the_punch_before_it_asks_for_tasks():
    turns = play(PaperBook(tasks={"01": 11, "04": 14}), "482913", "2", "04", "2", "01", "1", "00")
    assert [names(turn) for turn in turns[2:]] == [
        ["clocked_out_tasks", "ask_task"],
        ["ask_outcome"],
        ["next_task"],
        ["ask_outcome"],
        ["next_task"],
        ["read_back", "goodbye"],
    ]
    assert turns[2].effects == (("punch", {"kind": "out"}),)
    effects = [effect for turn in turns[3:] for effect in turn.effects]
    assert effects == [
        ("task", {"planned_task": 14, "outcome": "refused"}),
        ("task", {"planned_task": 11, "outcome": "done"}),
    ]
    assert turns[-1].lines[0].values == {"time": "9:00 AM", "count": 2}


def test_several_clients_at_one_number_are_offered():
    choice, act = play(PaperBook(homes=("Rosa", "Juan")), "482913", "2")[1:]
    assert [line.values for line in choice.lines] == [
        {"called": "Rosa", "key": 1},
        {"called": "Juan", "key": 2},
        {"key": "9"},
    ]
    assert act.state.client == 51


@pytest.mark.parametrize(("homes", "keyed"), [((), []), (("Rosa", "Juan"), ["9"])])
def test_unknown_number_or_somebody_else_is_no_obstacle(homes, keyed):
    *_others, turn, over = play(PaperBook(homes=homes), "482913", *keyed, "1")
    assert (names(turn), turn.state.client) == (["unknown_number", "act"], None)
    assert over.effects == (("punch", {"kind": "in"}),)


def test_three_wrong_numbers_end_the_call():
    turns = play(PaperBook(), "1", "", "2")
    assert [names(turn) for turn in turns[1:]] == [["pin_again"], ["pin_again"], ["too_many"]]
    assert [len(turn.effects) for turn in turns[1:]] == [1, 0, 1]
    assert turns[-1].is_over


@pytest.mark.parametrize(
    ("before", "wrong", "says"),
    [
        (["482913"], "7", "act"),
        (["482913"], "3", "act"),
        (["482913", "2"], "09", "unknown_task"),
        (["482913", "2", "01"], "5", "ask_outcome"),
    ],
)
def test_what_is_not_understood_is_asked_again(before, wrong, says):
    *_others, first, second, third = play(PaperBook(tasks={"01": 1}), *before, wrong, wrong, wrong)
    assert (names(first), names(second), names(third), third.is_over) == ([says], [says], ["too_many"], True)


def test_device_code_is_asked_only_where_there_are_devices():
    turns = play(PaperBook(devices=True), "482913", "3", "2", "00000000", "12345678")
    assert [names(turn) for turn in turns[1:]] == [
        ["act_or_device"],
        ["device_act"],
        ["ask_code"],
        ["unknown_code"],
        ["clocked_out", "goodbye"],
    ]
    assert turns[-1].effects == (("device_code", {"kind": "out", "code": "12345678"}),)


def test_state_survives_as_json():
    state = State(stage=Stage.TASK, homes=(1, 2), tasks={"01": 5}, member=3)
    assert State.of_json({**state.as_json(), "kept": []}) == state


def test_every_sentence_has_a_spanish_one():
    values = {"called": "Rosa", "key": 1, "time": "9", "count": 2, "code": "01"}
    from scheduling.telephony.conversation import Line

    same = [n for n in SENTENCES if say([Line(n, values)], "es")[0][1] == say([Line(n, values)], "en-us")[0][1]]
    assert same == []
    assert [language for language, _text in say([Line("greeting")], "")] == ["en-us", "es"]


def test_no_sentence_names_health():
    words = re.compile(r"medic|diagnos|health|wound|bath|wash|disease", re.IGNORECASE)
    assert [text for text in SENTENCES.values() if words.search(text)] == []


@pytest.mark.parametrize(
    ("number", "expected"),
    [("+1 (617) 555-0101", "6175550101"), ("617.555.0101", "6175550101"), ("anonymous", ""), ("", ""), ("911", "")],
)
def test_numbers_are_compared_by_their_digits(number, expected):
    assert significant(number) == expected


def test_number_is_masked_on_pages():
    assert (masked(HOME), masked("anonymous")) == ("••• ••• 0101", "")
