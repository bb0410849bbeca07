"""The client is not at home: an appointment with somebody outside the agency."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.appointments import Occasion, occasions_between
from scheduling.facts import Facts, fetch
from scheduling.models import Appointment
from scheduling.placement import Finding, Number, Placement, Rule, Severity, Subject
from scheduling.wording import span

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage

# Written out: building the same statement anew for each visit costs several times what running it does.
COLUMNS = (
    *("id", "client_id", "kind", "visit_id", "starts_on", "start_time", "duration_minutes"),
    *("weekdays", "every_weeks", "ends_on", "skipped"),
)
IN_THE_WAY = f"""
SELECT {", ".join(COLUMNS)} FROM scheduling_appointment
WHERE client_id = ANY(%s::bigint[]) AND cancelled_at IS NULL AND escort <> 'caregiver' AND starts_on <= %s
      AND coalesce(ends_on, 'infinity') >= %s AND (weekdays <> '{{}}' OR starts_on >= %s)
"""  # noqa: S608 - our own column names


class NoAppointment(Rule):
    """No visit while the client is elsewhere, unless our own caregiver goes along."""

    code = "appointment"
    label = gettext_lazy("Client has an appointment")
    meaning = gettext_lazy(
        "No visit while the client is at the doctor's, at dialysis or in the day centre; an appointment to which our "
        "caregiver goes along is not in the way. So many minutes before and after count for the way."
    )
    remedy = gettext_lazy("Choose a time before or after the appointment.")
    subject = Subject.CLIENT
    of_each_client = True
    default_severity = Severity.WARN
    about_member = False
    is_about_visit = True
    settable = (Number("minutes", gettext_lazy("Minutes before and after"), 0, least=0, most=240),)

    @classmethod
    def load(cls, facts: Facts) -> dict[int, list[Occasion]]:
        """client → when they are elsewhere in the days of the batch; one query."""
        first, last = facts.days
        found: dict[int, list[Occasion]] = defaultdict(list)
        if first > last:
            return found
        zones = {placement.client_id: facts.zone(placement) for placement in facts.each_client}
        for row in fetch(IN_THE_WAY, list(facts.client_ids), last, first, first):
            appointment = Appointment(**dict(zip(COLUMNS, row, strict=True)))
            client = appointment.client_id
            found[client] += occasions_between(appointment, first, last, zones[client])
        return found

    def is_silent(self, facts: Facts) -> bool:
        return not self.data

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        way = dt.timedelta(minutes=self.numbers["minutes"])
        starts_at, ends_at = placement.starts_at - way, placement.ends_at + way
        for one in self.data.get(placement.client_id, ()):
            is_escort = one.appointment.visit_id is not None and one.appointment.visit_id == placement.visit_id
            if one.touches(starts_at, ends_at) and not is_escort:
                return self.finding(
                    _("%(client)s has an appointment then: %(kind)s, %(when)s.")
                    % {
                        "client": facts.clients[placement.client_id].full_name,
                        "kind": one.appointment.get_kind_display().lower(),
                        "when": span(one.starts_at, one.ends_at, facts.zone(placement)),
                    }
                )
        return None

    @staticmethod
    def example(stage: Stage) -> None:
        placement = stage.placement
        half = dt.timedelta(minutes=30)
        row = Appointment(client_id=placement.client_id, kind=Appointment.Kind.DIALYSIS)
        one = Occasion(row, placement.starts_at.date(), placement.starts_at + half, placement.ends_at + 4 * half)
        stage.data = {placement.client_id: [one]}
