"""Today, for lists that span branches."""

from __future__ import annotations

import datetime as dt

from homecare import clock
from homecare.accounts.models import Branch, User


def today_of(user: User) -> dt.date:
    """The local day of the person's first branch (of the agency's first for those who see all)."""
    branch = Branch.objects.visible_to(user).order_by("pk").first()
    return clock.today(branch.time_zone if branch else "UTC")
