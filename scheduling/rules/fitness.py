"""Rules about what the caregiver may do: scope of the role, credentials, training, knowing the client."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Placement, Rule, Severity, Subject
from scheduling.wording import day
from staff.models import TaskCategory

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage

# Only what may be lacking: a credential that is valid on all days of the batch says nothing.
CREDENTIALS = """
SELECT m.id, t.name, c.issued_on, c.expires_on
FROM staff_member m JOIN staff_role_required_credentials r ON r.role_id = m.role_id
JOIN staff_credentialtype t ON t.id = r.credentialtype_id
LEFT JOIN staff_credential c ON c.member_id = m.id AND c.type_id = t.id AND c.withdrawn_on IS NULL
WHERE m.id = ANY(%s::bigint[]) AND NOT EXISTS (
    SELECT FROM staff_credential held
    WHERE held.member_id = m.id AND held.type_id = r.credentialtype_id AND held.withdrawn_on IS NULL
          AND held.issued_on <= %s AND coalesce(held.expires_on, 'infinity') >= %s
)
"""
# What the batch's services and its clients' open conditions ask for, and who holds it.
TRAININGS = """
SELECT asked.service_type_id, asked.client_id, t.name, c.member_id, c.issued_on, c.expires_on
FROM (
    SELECT training_id, service_type_id, NULL::bigint AS client_id FROM scheduling_trainingrequirement
    WHERE service_type_id = ANY(%s::bigint[])
    UNION
    SELECT r.training_id, NULL, d.client_id FROM scheduling_trainingrequirement r
    JOIN clients_diagnosis d ON r.condition <> '' AND upper(d.code) LIKE upper(r.condition) || '%%'
    WHERE d.client_id = ANY(%s::bigint[]) AND d.resolved_on IS NULL
) asked
JOIN staff_credentialtype t ON t.id = asked.training_id
LEFT JOIN staff_credential c ON c.type_id = t.id AND c.withdrawn_on IS NULL AND c.member_id = ANY(%s::bigint[])
"""
INTRODUCED = """
SELECT client_id, member_id, "on" FROM clients_introduction
WHERE client_id = ANY(%s::bigint[]) AND member_id = ANY(%s::bigint[])
UNION ALL
SELECT v.client_id, v.caregiver_id, min(v.starts_at)::date FROM scheduling_visit v
WHERE v.client_id = ANY(%s::bigint[]) AND v.caregiver_id = ANY(%s::bigint[])
      AND v.status IN ('in_progress', 'completed', 'approved')
GROUP BY v.client_id, v.caregiver_id
"""


class RoleAndScope(Rule):
    """The role covers what the service needs and each task the plan asks for that day (DESIGN.md, invariant 2)."""

    code = "role_scope"
    label = gettext_lazy("Outside the role's scope")
    meaning = gettext_lazy(
        "The caregiver's role covers what the service needs and every task the care plan asks for on that day."
    )
    remedy = gettext_lazy("Choose another service, or somebody whose role covers it.")
    subject = Subject.FITNESS
    of_each_client = True

    @classmethod
    def load(cls, facts: Facts) -> dict[tuple[int, int, int, int], list[str]]:
        """(role, client, service, weekday) → what lies outside, as it is found out: many caregivers have one role."""
        return {}

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        service = facts.service_types[placement.service_type_id]
        member = facts.members[placement.member_id]  # type: ignore[index]
        weekday = facts.day(placement).weekday()
        key = (id(member.role), placement.client_id, service.pk, weekday)
        outside = self.data.get(key)
        if outside is None:
            planned = facts.clients[placement.client_id].planned
            outside = self.data[key] = self._outside(member.role.scope, service, planned, weekday)
        if not outside:
            return None
        return self.finding(
            _("%(service)s includes %(tasks)s, which is outside the scope of %(caregiver)s (%(role)s).")
            % {
                "service": service.name,
                "tasks": ", ".join(str(TaskCategory(category).label).lower() for category in outside),
                "caregiver": member.full_name,
                "role": member.role.name,
            }
        )

    @staticmethod
    def _outside(scope: list[str], service: Any, planned: list[Any], weekday: int) -> list[str]:
        outside = [category for category in service.categories if category not in scope]
        for category, weekdays in planned:
            if category in scope or category in outside or (weekdays and weekday not in weekdays):
                continue
            if service.performs(category):
                outside.append(category)
        return outside

    @staticmethod
    def example(stage: Stage) -> None:
        stage.service.name, stage.service.categories = "Skilled nursing", [TaskCategory.SKILLED_NURSING]
        stage.data = {}


class Credentials(Rule):
    """Every credential the role requires is valid on the day of the visit (DESIGN.md, invariant 2)."""

    code = "credentials"
    label = gettext_lazy("Credential missing or expired")
    meaning = gettext_lazy("Every credential the caregiver's role requires is valid on the day of the visit.")
    remedy = gettext_lazy("Enter the valid credential on the caregiver's page.")
    subject = Subject.FITNESS

    @classmethod
    def load(cls, facts: Facts) -> dict[int, dict[str, list[tuple[Any, Any]]]]:
        """member → required credential that is not valid on all days of the batch → periods of validity."""
        found: dict[int, dict[str, list[tuple[Any, Any]]]] = defaultdict(lambda: defaultdict(list))
        if facts.member_ids:
            for member_id, name, issued_on, expires_on in fetch(CREDENTIALS, list(facts.member_ids), *facts.days):
                periods = found[member_id][name]
                if issued_on is not None:
                    periods.append((issued_on, expires_on))
        return found

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        wanted = self.data.get(placement.member_id)
        if not wanted:
            return None
        on = facts.day(placement)
        problems = [self._problem(name, periods, on) for name, periods in wanted.items() if not _valid(periods, on)]
        if not problems:
            return None
        return self.finding(
            _("%(caregiver)s may not work on %(day)s: %(problems)s.")
            % {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "day": day(on),
                "problems": "; ".join(problems),
            }
        )

    def is_silent(self, facts: Facts) -> bool:
        return not self.data

    @staticmethod
    def example(stage: Stage) -> None:
        stage.data = {stage.member.id: {"CPR": [(dt.date(2024, 12, 7), dt.date(2026, 12, 6))]}}

    @staticmethod
    def _problem(name: str, periods: Any, on: dt.date) -> str:
        ended = [ends for starts, ends in periods if ends is not None and ends < on]
        if ended:
            return _("%(credential)s expires on %(day)s") % {"credential": name, "day": day(max(ended))}
        return _("no valid %(credential)s") % {"credential": name}


def _valid(periods: Any, on: dt.date) -> bool:
    # A plain loop: asked several times of each placement, and any() costs three times as much.
    for starts, ends in periods:  # noqa: SIM110
        if starts <= on and (ends is None or on <= ends):
            return True
    return False


class Trained(Rule):
    """Training that the service or a condition of the client asks for (TrainingRequirement) is valid on the day."""

    code = "training"
    label = gettext_lazy("Training missing")
    meaning = gettext_lazy(
        "Who comes for a service, or to a client with a condition, holds the trainings you ask for on this page."
    )
    remedy = gettext_lazy("Enter the training on the caregiver's page once it is done.")
    subject = Subject.FITNESS
    of_each_client = True

    @classmethod
    def load(cls, facts: Facts) -> dict[tuple[str, int], dict[str, dict[int, list[tuple[Any, Any]]]]]:
        """(service or client) → training → member → periods of validity."""
        found: dict[tuple[str, int], dict[str, dict[int, list[tuple[Any, Any]]]]] = {}
        if not facts.agency.asks_for_trainings or not facts.member_ids:
            return found
        services = list({p.service_type_id for p in facts.each_client})
        for service_id, client_id, name, member_id, issued_on, expires_on in fetch(
            TRAININGS, services, list(facts.client_ids), list(facts.member_ids)
        ):
            cause = ("service", service_id) if service_id else ("client", client_id)
            holders = found.setdefault(cause, {}).setdefault(name, defaultdict(list))
            if member_id is not None:
                holders[member_id].append((issued_on, expires_on))
        return found

    def is_silent(self, facts: Facts) -> bool:
        return not self.data

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        on = facts.day(placement)
        lacking = [
            name
            for cause in (("service", placement.service_type_id), ("client", placement.client_id))
            for name, holders in self.data.get(cause, {}).items()
            if not _valid(holders.get(placement.member_id, ()), on)
        ]
        if not lacking:
            return None
        return self.finding(
            _("%(caregiver)s lacks training that this visit asks for: %(trainings)s.")
            % {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "trainings": ", ".join(dict.fromkeys(lacking)),
            }
        )

    @staticmethod
    def example(stage: Stage) -> None:
        stage.data = {("client", stage.client.id): {"Dementia care training": {}}}


class Introduced(Rule):
    """The caregiver was introduced to the client by that day, or has visited before."""

    code = "introduced"
    label = gettext_lazy("Not introduced to the client")
    meaning = gettext_lazy(
        "Nobody comes to a client as a stranger: the caregiver was introduced (the client's page keeps it) or has "
        "visited before."
    )
    remedy = gettext_lazy("Introduce the caregiver to the client and enter it on the client's page.")
    subject = Subject.FITNESS
    of_each_client = True
    default_severity = Severity.OFF

    @classmethod
    def load(cls, facts: Facts) -> dict[tuple[int, int], dt.date]:
        if not facts.member_ids:
            return {}
        clients, members = list(facts.client_ids), list(facts.member_ids)
        found: dict[tuple[int, int], dt.date] = {}
        for client_id, member_id, on in fetch(INTRODUCED, clients, members, clients, members):
            found[client_id, member_id] = min(on, found.get((client_id, member_id), on))
        return found

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        since = self.data.get((placement.client_id, placement.member_id))
        if since is not None and since <= facts.day(placement):
            return None
        return self.finding(
            _("%(caregiver)s has not been introduced to %(client)s.")
            % {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "client": facts.clients[placement.client_id].full_name,
            }
        )

    @staticmethod
    def example(stage: Stage) -> None:
        stage.data = {}
