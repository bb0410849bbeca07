"""A practice call: the real conversation with a made-up caregiver, two homes and three tasks. Nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from scheduling.telephony.conversation import Caller, Home, Line, State, Turn, advance, begin
from scheduling.telephony.prompts import ENGLISH, SPANISH, say

PIN, PIN_SPANISH = "482913", "482914"
CODE = "12345670"


class PracticeBook:
    def caller(self, pin: str) -> Caller | None:
        language = {PIN: ENGLISH, PIN_SPANISH: SPANISH}.get(pin)
        return Caller(1, language) if language else None

    def homes(self) -> Sequence[Home]:
        return [Home(1, "Rosa"), Home(2, "Walter")]

    def tasks(self, member: int, client: int | None) -> dict[str, int]:
        return {"01": 1, "02": 2, "04": 4}

    def device_time(self, member: int, client: int | None, code: str) -> str | None:
        return "8:02 AM" if code == CODE else None

    def has_devices(self) -> bool:
        return True

    def spoken_now(self) -> str:
        return "8:00 AM"


@dataclass(frozen=True)
class Exchange:
    """What was keyed, and what was said to it."""

    keyed: str
    spoken: list[str]


@dataclass(frozen=True)
class PracticeCall:
    state: dict[str, Any]
    digits: int | None
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.digits is None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def _heard(turn: Turn) -> list[str]:
    lines: tuple[Line, ...] = turn.lines
    return [text for _language, text in say(lines, turn.state.language)]


def begin_call() -> PracticeCall:
    turn = begin()
    return PracticeCall(turn.state.as_json(), turn.digits, [Exchange("", _heard(turn))])


def go_on(kept: dict[str, Any], digits: str) -> PracticeCall:
    turn = advance(State.of_json(kept["state"]), digits, PracticeBook())
    before = [Exchange(**one) for one in kept["exchanges"]]
    return PracticeCall(turn.state.as_json(), turn.digits, [*before, Exchange(digits, _heard(turn))])
