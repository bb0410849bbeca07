"""Acting on a day gone by, so that the demo's invoices carry the dates they would have had."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def on_day(day: dt.date) -> Iterator[None]:
    """Inside, the product's one clock (homecare.clock.now) reads noon, New York, of that day."""
    with patch("homecare.clock.now", return_value=dt.datetime.combine(day, dt.time(17), dt.UTC)):
        yield
