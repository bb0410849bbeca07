"""National Early Warning Score 2, computed. Pure.

Source: Royal College of Physicians. National Early Warning Score (NEWS) 2: Standardising the assessment of
acute-illness severity in the NHS. London: RCP, 2017. For people of 16 and over who are not pregnant. In home care it
is a prompt to call the nurse or the emergency number, never a diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal as D

ACKNOWLEDGEMENT = (
    "NEWS2: reproduced from Royal College of Physicians. National Early Warning Score (NEWS) 2: Standardising the "
    "assessment of acute-illness severity in the NHS. Updated report of a working party. London: RCP, 2017."
)

# (highest value of the step, points); the last step has no end.
Step = tuple[D | None, int]
RESPIRATION: tuple[Step, ...] = ((D(8), 3), (D(11), 1), (D(20), 0), (D(24), 2), (None, 3))
OXYGEN_1: tuple[Step, ...] = ((D(91), 3), (D(93), 2), (D(95), 1), (None, 0))
OXYGEN_2_AIR: tuple[Step, ...] = ((D(83), 3), (D(85), 2), (D(87), 1), (None, 0))
OXYGEN_2_SUPPLY: tuple[Step, ...] = ((D(83), 3), (D(85), 2), (D(87), 1), (D(92), 0), (D(94), 1), (D(96), 2), (None, 3))
SYSTOLIC: tuple[Step, ...] = ((D(90), 3), (D(100), 2), (D(110), 1), (D(219), 0), (None, 3))
PULSE: tuple[Step, ...] = ((D(40), 3), (D(50), 1), (D(90), 0), (D(110), 1), (D(130), 2), (None, 3))
TEMPERATURE: tuple[Step, ...] = ((D("35.0"), 3), (D("36.0"), 1), (D("38.0"), 0), (D("39.0"), 1), (None, 2))

SIGNS = ("respiration", "oxygen", "systolic", "heart_rate", "temperature")


@dataclass(frozen=True)
class Observation:
    """One full set: breaths/min, SpO2 %, mmHg, beats/min, °C. `alert` False: new confusion, or answers only to voice
    or pain, or not at all. `target_88` True: a saturation of 88–92 % is prescribed (scale 2)."""

    respiration: D
    oxygen: D
    systolic: D
    heart_rate: D
    temperature: D
    on_oxygen: bool = False
    alert: bool = True
    target_88: bool = False


@dataclass(frozen=True)
class News2:
    """The total, the points per part and what it means."""

    total: int
    points: dict[str, int]

    @property
    def has_single_three(self) -> bool:
        return any(points == 3 for points in self.points.values())

    @property
    def risk(self) -> str:
        """high (7 and more), medium (5–6), low_medium (a single 3), low."""
        if self.total >= 7:
            return "high"
        if self.total >= 5:
            return "medium"
        return "low_medium" if self.has_single_three else "low"

    @property
    def needs_call(self) -> bool:
        return self.risk != "low"


def _points(value: D, steps: tuple[Step, ...]) -> int:
    return next(points for highest, points in steps if highest is None or value <= highest)


def news2(seen: Observation) -> News2:
    """The score of one set of observations."""
    scale_2 = OXYGEN_2_SUPPLY if seen.on_oxygen else OXYGEN_2_AIR
    return _total(
        {
            "respiration": _points(seen.respiration, RESPIRATION),
            "oxygen": _points(seen.oxygen, scale_2 if seen.target_88 else OXYGEN_1),
            "air": 2 if seen.on_oxygen else 0,
            "systolic": _points(seen.systolic, SYSTOLIC),
            "heart_rate": _points(seen.heart_rate, PULSE),
            "consciousness": 0 if seen.alert else 3,
            "temperature": _points(seen.temperature, TEMPERATURE),
        }
    )


def _total(points: dict[str, int]) -> News2:
    return News2(sum(points.values()), points)
