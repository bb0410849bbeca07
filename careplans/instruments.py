"""The questionnaires the product ships, as data in our own words.

Katz: Katz S, Ford AB, Moskowitz RW, Jackson BA, Jaffe MW. Studies of illness in the aged. The index of ADL. JAMA 1963;
185:914–919. Lawton: Lawton MP, Brody EM. Assessment of older people: self-maintaining and instrumental activities of
daily living. The Gerontologist 1969; 9:179–186. Items are the activities these papers name; every text is ours.
"""

from __future__ import annotations

from typing import Any


def _item(code: str, text: str, help: str, able: str, unable: str) -> dict[str, Any]:
    return {
        "code": code,
        "text": text,
        "help": help,
        "answers": [{"value": 1, "text": able}, {"value": 0, "text": unable}],
    }


def _band(first: int, last: int, text: str, tone: str) -> dict[str, Any]:
    return {"from": first, "to": last, "text": text, "tone": tone}


KATZ: dict[str, Any] = {
    "code": "katz",
    "name": "Katz index of daily living (ADL)",
    "source": "Katz S et al. Studies of illness in the aged: the index of ADL. JAMA 1963;185:914–919",
    "licence": "Published 1963 and freely reprinted; items in our own words",
    "repeat_days": 60,
    "items": [
        _item(
            "bathing", "Bathing", "Washing the whole body in bath, shower or at the basin.",
            "Washes alone, or needs help with one part only, such as the back.",
            "Needs help with more than one part, or with getting in and out.",
        ),
        _item(
            "dressing", "Dressing", "Taking clothes from the wardrobe and putting them on, with fastenings.",
            "Dresses alone; help with shoelaces does not count.",
            "Needs help with dressing, or stays partly undressed.",
        ),
        _item(
            "toileting", "Using the toilet", "Getting there, getting on and off, cleaning up, arranging clothes.",
            "Manages alone; a frame, stick or raised seat is fine.",
            "Needs help, or uses a bedpan or commode with help.",
        ),
        _item(
            "transferring", "Moving in and out of bed and chair", "From lying to sitting to standing, and back.",
            "Moves in and out without another person; aids are fine.",
            "Needs a person or a hoist, or stays in bed.",
        ),
        _item(
            "continence", "Bladder and bowel control", "Over the last weeks.",
            "Controls both, or looks after a catheter or stoma alone.",
            "Has accidents, or somebody else looks after it.",
        ),
        _item(
            "feeding", "Eating", "From plate to mouth; cooking and cutting up do not count.",
            "Eats alone.",
            "Needs help with eating, or is fed by tube.",
        ),
    ],
    "bands": [
        _band(0, 2, "Severe loss of function", "danger"),
        _band(3, 5, "Moderate loss of function", "warning"),
        _band(6, 6, "Full function", "success"),
    ],
}  # fmt: skip

LAWTON: dict[str, Any] = {
    "code": "lawton",
    "name": "Lawton scale of household tasks (IADL)",
    "source": "Lawton MP, Brody EM. The Gerontologist 1969;9:179–186",
    "licence": "Free for clinical use; items in our own words",
    "repeat_days": 60,
    "items": [
        _item(
            "phone", "Telephone", "Calling and answering.",
            "Uses a phone: dials, or at least answers and reaches a few known numbers.",
            "Does not use a phone at all.",
        ),
        _item(
            "shopping", "Shopping", "Getting what is needed for the household.",
            "Does all shopping alone.",
            "Buys only small things, or needs company, or does none.",
        ),
        _item(
            "food", "Preparing food", "From planning to the table.",
            "Plans, cooks and serves proper meals alone.",
            "Warms up what others made, cooks poorly, or is served.",
        ),
        _item(
            "housekeeping", "Housekeeping", "Keeping the home clean and tidy.",
            "Does at least light work such as dishes and beds, even if help is needed for the heavy part.",
            "Takes no part, or the home is not kept clean without help.",
        ),
        _item(
            "laundry", "Laundry", "The person's own clothes and linen.",
            "Washes own clothes, or at least small things.",
            "Somebody else does all of it.",
        ),
        _item(
            "transport", "Getting about", "Car, bus, train or taxi.",
            "Travels alone by car, bus, train or taxi, or by bus with company.",
            "Travels only by car or taxi with help, or not at all.",
        ),
        _item(
            "medicines", "Taking medicines", "The right medicine, dose and time.",
            "Takes the right dose at the right time without help.",
            "Needs doses laid out, reminding, or somebody to give them.",
        ),
        _item(
            "money", "Handling money", "Bills, bank and daily purchases.",
            "Looks after money, at least from day to day.",
            "Cannot look after money.",
        ),
    ],
    "bands": [
        _band(0, 1, "Low function, depends on others", "danger"),
        _band(2, 4, "Needs help with most tasks", "warning"),
        _band(5, 7, "Needs help with some tasks", "info"),
        _band(8, 8, "High function, independent", "success"),
    ],
}  # fmt: skip

INSTRUMENTS = (KATZ, LAWTON)
