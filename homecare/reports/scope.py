"""What a report is about: whose eyes, which branch, which moment, how many days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.utils import timezone

from homecare import clock
from homecare.accounts.models import Agency, Branch, User


@dataclass
class Scope:
    """Rows a person sees, narrowed to one branch when chosen, at one moment, over the last `days` days."""

    user: User
    branch: Branch | None = None
    zone: str = "UTC"
    days: int = 7
    moment: dt.datetime = field(default_factory=timezone.now)

    def rows(self, model: Any) -> Any:
        """The rows of a model this report may look at."""
        found = model.objects.visible_to(self.user)
        if self.branch is None or found.branch_path is None:
            return found
        wanted = "pk" if found.branch_path == "id" else found.branch_path
        return found.filter(**{wanted: self.branch.pk})

    @cached_property
    def agency(self) -> Agency:
        return Agency.current()

    @property
    def today(self) -> dt.date:
        return clock.local_date(self.moment, self.zone)

    def span(self, periods_ago: int = 0) -> tuple[dt.datetime, dt.datetime]:
        """[from, until) of the last `days` days, or of as many before these."""
        length = dt.timedelta(days=self.days)
        until = self.moment - periods_ago * length
        return until - length, until

    def dates(self, periods_ago: int = 0) -> tuple[dt.date, dt.date]:
        """First and last day, inclusive, of the last `days` calendar days, or of as many before these."""
        last = self.today - dt.timedelta(days=self.days * periods_ago)
        return last - dt.timedelta(days=self.days - 1), last


def scalar(rows: QuerySet, function: str = "COUNT", of: str | Combinable = "pk", output: Any = None) -> Subquery:
    """One aggregate as a sub-select without GROUP BY, so that many of them travel in one query."""
    what = F(of) if isinstance(of, str) else of
    kind = output or IntegerField()
    found = rows.order_by().annotate(_number=Func(what, function=function, output_field=kind)).values("_number")
    return Subquery(found, output_field=kind)


def read_all(user: User, wanted: dict[str, Any]) -> dict[str, Any]:
    """The values of many sub-selects in one query."""
    if not wanted:
        return {}
    return dict(User.objects.filter(pk=user.pk).values(**wanted)[0])
