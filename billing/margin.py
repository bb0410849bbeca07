"""What is left of a visit's charge after the wage: for suggestions and for a rule, in words that name no wage."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.rules import TARIFF, Price, Spending, within
from homecare.money import line_amount
from scheduling.factors import Batch, Factor, Said
from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Number, Placement, Rule, Severity, Subject
from staff.models import Member

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage

WAGES = """
SELECT m.id, w.service_type_id, w.hourly_rate, w.since, w.until
FROM billing_payrate w JOIN staff_member m ON m.id = w.member_id OR m.role_id = w.role_id
WHERE m.id = ANY(%s::bigint[])
ORDER BY w.member_id IS NULL, w.service_type_id IS NULL, w.since DESC
"""
GOOD, FAIR = Decimal("0.40"), Decimal("0.25")
WORDS = {
    1.0: gettext_lazy("leaves a good margin"),
    0.5: gettext_lazy("leaves a fair margin"),
    0.0: gettext_lazy("leaves a small margin"),
}


class Wage(NamedTuple):
    """What an hour costs, for one service or (None) for all, while it is in force."""

    service_type_id: int | None
    hourly_rate: Decimal
    since: dt.date
    until: dt.date | None


@dataclass
class Margins:
    """Wages of the batch's caregivers, the narrowest first, and the prices of its clients."""

    wages: dict[int, list[Wage]] = field(default_factory=lambda: defaultdict(list))
    prices: Spending = field(default_factory=Spending)
    # The rule and the factor ask for the same placement one after the other.
    _last: tuple[Placement | None, Decimal | None] = (None, None)
    _charges: dict[tuple[int, int, dt.date, int], Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Facts) -> Margins:
        """Read once for rule and factor: two queries, one while the agency has entered no wages."""
        return facts.once("margins", lambda: cls._read(facts))

    @classmethod
    def _read(cls, facts: Facts) -> Margins:
        found = cls()
        for member_id, *wage in fetch(WAGES, list(facts.member_ids)):
            found.wages[member_id].append(Wage._make(wage))
        if found.wages:
            for client_id, *price in fetch(TARIFF, list(facts.client_ids)):
                found.prices.prices[client_id].append(Price._make(price))
        return found

    def share(self, placement: Placement, facts: Facts) -> Decimal | None:
        """(charge − wage) / charge; None where one of them is not known or the service is not billed."""
        if placement is not self._last[0]:
            self._last = (placement, self._share(placement, facts))
        return self._last[1]

    def _share(self, placement: Placement, facts: Facts) -> Decimal | None:
        if placement.member_id is None or not facts.service_types[placement.service_type_id].is_billable:
            return None
        on = facts.day(placement)
        wage = next(
            (
                row
                for row in self.wages.get(placement.member_id, ())
                if row.service_type_id in (None, placement.service_type_id) and within(on, row.since, row.until)
            ),
            None,
        )
        charge = self._charge(placement, on) if wage is not None else None
        if wage is None or not charge:
            return None
        return (charge - line_amount(Decimal(placement.care_minutes) / 60, wage.hourly_rate)) / charge

    def _charge(self, placement: Placement, on: dt.date) -> Decimal:
        """What the payer pays for it, whoever comes."""
        key = (placement.client_id, placement.service_type_id, on, placement.care_minutes)
        if key not in self._charges:
            self._charges[key] = self.prices.cost(*key)
        return self._charges[key]


class MinimumMargin(Rule):
    """A billable visit leaves at least the agency's least margin after the caregiver's wage."""

    code = "margin"
    label = gettext_lazy("Margin too small")
    meaning = gettext_lazy(
        "What the payer pays for a visit leaves at least this share after the caregiver's wage. Visits without a price "
        "or a wage are not judged; the sentence names no amount."
    )
    remedy = gettext_lazy("Choose somebody else, or ask the manager.")
    subject = Subject.MONEY
    of_each_client = True
    default_severity = Severity.WARN
    settable = (Number("percent", gettext_lazy("Least margin, percent"), 15, most=90),)

    @classmethod
    def load(cls, facts: Facts) -> Margins:
        return Margins.of(facts)

    def is_silent(self, facts: Facts) -> bool:
        return not self.data.wages

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        share = self.data.share(placement, facts)
        if share is None or share * 100 >= self.numbers["percent"]:
            return None
        return self.finding(
            _("This visit would leave less than the agency's least margin (%(percent)s %%).")
            % {"percent": self.numbers["percent"]}
        )

    @staticmethod
    def example(stage: Stage) -> None:
        since = dt.date(2026, 1, 1)
        stage.data = Margins()
        stage.data.wages[stage.member.id] = [Wage(None, Decimal("30.0000"), since, None)]
        stage.data.prices.prices[stage.client.id] = [
            Price(1, 1, since, None, "nearest8", "hour", Decimal("32.0000"), since, None)
        ]


class Margin(Factor):
    code = "margin"
    label = gettext_lazy("Margin")
    meaning = gettext_lazy("What the charge leaves after the wage: 40 % or more all points, 25 % half of them.")
    default_points = 5

    @classmethod
    def load(cls, batch: Batch) -> Margins:
        return Margins.of(batch.facts)

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        share = self.data.share(placement, facts)
        if share is None:
            return None
        points = 1.0 if share >= GOOD else 0.5 if share >= FAIR else 0.0
        return Said(points, WORDS[points])
