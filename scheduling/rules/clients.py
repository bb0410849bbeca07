"""Rules about the client: exclusions, status, wishes."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Placement, Rule, Severity

EXCLUSIONS = """
SELECT client_id, member_id, reason FROM clients_caregiverpreference
WHERE client_id = ANY(%s::bigint[]) AND member_id = ANY(%s::bigint[]) AND kind = 'excluded'
"""


class NotExcluded(Rule):
    """A client may refuse a caregiver; nobody sends that person again (DESIGN.md, invariant 2)."""

    code = "excluded"
    label = gettext_lazy("Caregiver excluded by the client")

    @classmethod
    def load(cls, facts: Facts) -> dict[tuple[int, int], str]:
        if not facts.member_ids:
            return {}
        rows = fetch(EXCLUSIONS, list(facts.client_ids), list(facts.member_ids))
        return {(client_id, member_id): reason for client_id, member_id, reason in rows}

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        reason = self.data.get((placement.client_id, placement.member_id))
        if reason is None:
            return None
        values = {
            "client": facts.clients[placement.client_id].full_name,
            "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
            "reason": reason,
        }
        if reason:
            return self.finding(_("%(client)s does not want %(caregiver)s: %(reason)s.") % values)
        return self.finding(_("%(client)s does not want %(caregiver)s.") % values)


class ClientActive(Rule):
    """Care is planned for active clients. Before a plan is in force and on hold it warns; after discharge it blocks."""

    code = "client_active"
    label = gettext_lazy("Client not active")
    about_member = False

    OVER = (Client.Status.DISCHARGED, Client.Status.DECLINED)

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        client = facts.clients[placement.client_id]
        if client.status == Client.Status.ACTIVE:
            return None
        sentence = _("%(client)s is not an active client (%(status)s).") % {
            "client": client.full_name,
            "status": str(Client.Status(client.status).label).lower(),
        }
        return self.finding(sentence, at_most=Severity.BLOCK if client.status in self.OVER else Severity.WARN)


class GenderPreference(Rule):
    """The client's wish for the caregiver's gender; a caregiver who has not stated one does not meet a wish."""

    code = "gender"
    label = gettext_lazy("Wish for the caregiver's gender")
    default_severity = Severity.WARN

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        client = facts.clients[placement.client_id]
        if not client.caregiver_gender:
            return None
        member = facts.members[placement.member_id]  # type: ignore[index]
        if member.gender == client.caregiver_gender:
            return None
        return self.finding(
            _("%(client)s wishes for a %(gender)s caregiver.")
            % {
                "client": client.full_name,
                "gender": str(Client.Gender(client.caregiver_gender).label).lower(),
            }
        )
