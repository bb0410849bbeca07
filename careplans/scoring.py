"""Score and band of a filled questionnaire. Pure: items, bands and answers are plain data (models/assessment.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Result(NamedTuple):
    """The total, the words for it and their tone (success, info, warning, danger)."""

    score: int
    band: str
    tone: str


class AnswerMissing(ValueError):
    """An item without an answer; `code` names it, `text` is what the person reads."""

    def __init__(self, code: str, text: str):
        super().__init__(text)
        self.code = code
        self.text = text


class AnswerUnknown(AnswerMissing):
    """An item answered with a value it does not offer, or an answer to an item that does not exist."""


def band_of(score: int, bands: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """(words, tone) of a total; bands include both ends and cover every possible total."""
    for band in bands:
        if band["from"] <= score <= band["to"]:
            return band["text"], band.get("tone", "")
    raise LookupError(f"No band holds a score of {score}.")


def score_of(
    items: Sequence[Mapping[str, Any]], bands: Sequence[Mapping[str, Any]], answers: Mapping[str, int]
) -> Result:
    """The sum of the answers' values with its band; raises AnswerMissing or AnswerUnknown with the item."""
    total = 0
    for item in items:
        value = answers.get(item["code"])
        if value is None:
            raise AnswerMissing(item["code"], item["text"])
        if value not in [answer["value"] for answer in item["answers"]]:
            raise AnswerUnknown(item["code"], item["text"])
        total += value
    strange = set(answers) - {item["code"] for item in items}
    if strange:
        raise AnswerUnknown(min(strange), min(strange))
    return Result(total, *band_of(total, bands))


def highest(items: Sequence[Mapping[str, Any]]) -> int:
    """The best total a person can reach."""
    return sum(max(answer["value"] for answer in item["answers"]) for item in items)
