"""Days as people write them, in the language of the page. Kept once written: a list says the same day on every line."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language

DAY = "D j M"
DAY_WITH_YEAR = "D j M Y"


def written(value: dt.date, form: str = DAY) -> str:
    """Mon 23 Nov."""
    return _written(value, form, get_language())


@lru_cache(maxsize=4000)
def _written(value: dt.date, form: str, language: str | None) -> str:
    return date_format(value, form)
