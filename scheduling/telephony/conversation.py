"""The telephone conversation: what was keyed and where it stood → what is said next and what is to be done. Pure.

Greeting → PIN → the client of the number (several are offered, none is no obstacle) → 1 in, 2 out, 3 a device's code →
after an out the codes of the tasks until 00 → the time read back. What a step asks to be done is done before the next
one begins, so that hanging up in the middle keeps the punch. No prompt names anything about health: tasks are numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

TRIES = 3
END_OF_TASKS = "00"
NONE_OF_THESE = "9"
OFFERED = 8


class Stage(StrEnum):
    PIN = "pin"
    CLIENT = "client"
    ACT = "act"
    TASK = "task"
    OUTCOME = "outcome"
    DEVICE_ACT = "device_act"
    DEVICE_CODE = "device_code"
    OVER = "over"


class Caller(NamedTuple):
    """Who the PIN belongs to, and the language to speak."""

    member: int
    language: str


class Home(NamedTuple):
    """A client on whose file the caller's number stands; `called` is spoken only when several are offered."""

    client: int
    called: str


class Book(Protocol):
    """What the conversation needs to look up."""

    def caller(self, pin: str) -> Caller | None: ...

    def homes(self) -> Sequence[Home]: ...

    def tasks(self, member: int, client: int | None) -> Mapping[str, int]:
        """Code → planned task of the visit that is being finished."""

    def device_time(self, member: int, client: int | None, code: str) -> str | None:
        """The spoken time of a device's code; None when no device ever showed it."""

    def has_devices(self) -> bool: ...

    def spoken_now(self) -> str: ...


@dataclass(frozen=True)
class State:
    """Where a call stands; survives as JSON between two requests."""

    stage: str = Stage.PIN
    tries: int = 0
    language: str = ""
    member: int | None = None
    client: int | None = None
    homes: tuple[int, ...] = ()
    tasks: dict[str, int] = field(default_factory=dict)
    task: str = ""
    kind: str = ""
    spoken_at: str = ""
    answered: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, raw: dict[str, Any]) -> State:
        known = {name: value for name, value in raw.items() if name in cls.__dataclass_fields__}
        return cls(**{**known, "homes": tuple(raw.get("homes", ()))})


class Line(NamedTuple):
    """One sentence by its name in prompts.py, with what goes into it."""

    name: str
    values: dict[str, Any] = {}


class Effect(NamedTuple):
    """What is to be done: punch {kind}, task {planned_task, outcome}, device_code {kind, code}, wrong_pin {}."""

    name: str
    values: dict[str, Any] = {}


@dataclass(frozen=True)
class Turn:
    """The answer to one step. `digits`: how many keys are waited for; 0: as many as come before #; None: hang up."""

    state: State
    lines: tuple[Line, ...]
    digits: int | None = None
    effects: tuple[Effect, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.digits is None


def begin() -> Turn:
    """The call is answered: the greeting, in both languages, and the question for the PIN."""
    return Turn(State(), (Line("greeting"),), 0)


def advance(state: State, digits: str, book: Book) -> Turn:
    """One step further. Unreadable keys are asked for again, three times; then the call ends and nothing is undone."""
    return STEPS[Stage(state.stage)](state, digits, book)


def _again(state: State, line: str, digits: int, *, effects: tuple[Effect, ...] = (), **values: Any) -> Turn:
    state = replace(state, tries=state.tries + 1)
    if state.tries >= TRIES:
        return Turn(replace(state, stage=Stage.OVER), (Line("too_many"),), None, effects)
    return Turn(state, (Line(line, values),), digits, effects)


def _pin(state: State, digits: str, book: Book) -> Turn:
    caller = book.caller(digits) if digits else None
    if caller is None:
        return _again(state, "pin_again", 0, effects=(Effect("wrong_pin"),) if digits else ())
    known = replace(state, tries=0, member=caller.member, language=caller.language)
    homes = list(book.homes())[:OFFERED]
    if not homes:
        return _ask_act(known, book, Line("unknown_number"))
    if len(homes) == 1:
        return _ask_act(replace(known, client=homes[0].client), book)
    offered = replace(known, stage=Stage.CLIENT, homes=tuple(home.client for home in homes))
    return Turn(offered, _offer(homes), 1)


def _offer(homes: Sequence[Home]) -> tuple[Line, ...]:
    lines = [Line("choose_client", {"called": home.called, "key": n}) for n, home in enumerate(homes, 1)]
    return (*lines, Line("none_of_these", {"key": NONE_OF_THESE}))


def _client(state: State, digits: str, book: Book) -> Turn:
    if digits == NONE_OF_THESE:
        return _ask_act(state, book, Line("unknown_number"))
    if not digits.isdecimal() or not 0 < int(digits) <= len(state.homes):
        again = _again(state, "not_understood", 1)
        return again if again.is_over else replace(again, lines=(*again.lines, *_offer(book.homes()[:OFFERED])))
    return _ask_act(replace(state, client=state.homes[int(digits) - 1]), book)


def _ask_act(state: State, book: Book, *before: Line) -> Turn:
    line = Line("act_or_device" if book.has_devices() else "act")
    return Turn(replace(state, stage=Stage.ACT, tries=0), (*before, line), 1)


def _act(state: State, digits: str, book: Book) -> Turn:
    if digits == "1":
        return _over(state, Line("clocked_in", {"time": book.spoken_now()}), Effect("punch", {"kind": "in"}))
    if digits == "2":
        return _clock_out(state, book)
    if digits == "3" and book.has_devices():
        return Turn(replace(state, stage=Stage.DEVICE_ACT, tries=0), (Line("device_act"),), 1)
    return _again(state, "act_or_device" if book.has_devices() else "act", 1)


def _clock_out(state: State, book: Book) -> Turn:
    punch, now = Effect("punch", {"kind": "out"}), book.spoken_now()
    tasks = dict(book.tasks(state.member or 0, state.client))
    if not tasks:
        return _over(state, Line("clocked_out", {"time": now}), punch)
    state = replace(state, stage=Stage.TASK, tries=0, tasks=tasks, spoken_at=now)
    return Turn(state, (Line("clocked_out_tasks", {"time": now}), Line("ask_task")), 2, (punch,))


def _task(state: State, digits: str, book: Book) -> Turn:
    if digits == END_OF_TASKS:
        return _over(state, Line("read_back", {"time": state.spoken_at, "count": state.answered}))
    if digits not in state.tasks:
        return _again(state, "unknown_task", 2)
    return Turn(replace(state, stage=Stage.OUTCOME, tries=0, task=digits), (Line("ask_outcome", {"code": digits}),), 1)


def _outcome(state: State, digits: str, book: Book) -> Turn:
    outcome = {"1": "done", "2": "refused"}.get(digits)
    if outcome is None:
        return _again(state, "ask_outcome", 1, code=state.task)
    effect = Effect("task", {"planned_task": state.tasks[state.task], "outcome": outcome})
    state = replace(state, stage=Stage.TASK, tries=0, task="", answered=state.answered + 1)
    return Turn(state, (Line("next_task"),), 2, (effect,))


def _device_act(state: State, digits: str, book: Book) -> Turn:
    kind = {"1": "in", "2": "out"}.get(digits)
    if kind is None:
        return _again(state, "device_act", 1)
    return Turn(replace(state, stage=Stage.DEVICE_CODE, tries=0, kind=kind), (Line("ask_code"),), 8)


def _device_code(state: State, digits: str, book: Book) -> Turn:
    spoken = book.device_time(state.member or 0, state.client, digits)
    if spoken is None:
        return _again(state, "unknown_code", 8)
    line = Line("clocked_in" if state.kind == "in" else "clocked_out", {"time": spoken})
    return _over(state, line, Effect("device_code", {"kind": state.kind, "code": digits}))


def _over(state: State, line: Line, *effects: Effect) -> Turn:
    return Turn(replace(state, stage=Stage.OVER), (line, Line("goodbye")), None, effects)


def _nothing_more(state: State, digits: str, book: Book) -> Turn:
    return Turn(state, (Line("goodbye"),), None)


STEPS = {
    Stage.PIN: _pin,
    Stage.CLIENT: _client,
    Stage.ACT: _act,
    Stage.TASK: _task,
    Stage.OUTCOME: _outcome,
    Stage.DEVICE_ACT: _device_act,
    Stage.DEVICE_CODE: _device_code,
    Stage.OVER: _nothing_more,
}
