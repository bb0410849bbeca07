"""The answer to one act of a phone, the same from the pages and the API (docs/field-work.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scheduling.services.phone_event import Receipt

APPLIED, REPLAYED, KEPT = 201, 200, 202


def answer_of(receipt: Receipt) -> tuple[int, dict[str, Any]]:
    """201 applied now, 202 kept for the office, 200 the stored answer to the same act sent again."""
    answer = {**receipt.event.answer, "key": str(receipt.event.key), "replay": receipt.is_replay}
    if receipt.is_replay:
        return REPLAYED, answer
    return (APPLIED if answer["state"] == "applied" else KEPT), answer
