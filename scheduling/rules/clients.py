"""Rules about the client and the home: exclusions, status, wishes, pets and smoke."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.languages import name_of
from clients.models import Client
from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Placement, Rule, Severity, Subject

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage

EXCLUSIONS = """
SELECT client_id, member_id, reason FROM clients_caregiverpreference
WHERE client_id = ANY(%s::bigint[]) AND member_id = ANY(%s::bigint[]) AND kind = 'excluded'
"""


class NotExcluded(Rule):
    """A client may refuse a caregiver; nobody sends that person again (DESIGN.md, invariant 2)."""

    code = "excluded"
    label = gettext_lazy("Caregiver excluded by the client")
    meaning = gettext_lazy("A caregiver whom the client does not want is never sent again.")
    remedy = gettext_lazy("Speak with the client; the wish stands on the client's page.")
    subject = Subject.CLIENT
    of_each_client = True

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

    def is_silent(self, facts: Facts) -> bool:
        return not self.data

    @staticmethod
    def example(stage: Stage) -> None:
        stage.data = {(stage.client.id, stage.member.id): "came late"}


class ClientActive(Rule):
    """Care is planned for active clients. Before a plan is in force and on hold it warns; after discharge it blocks."""

    code = "client_active"
    label = gettext_lazy("Client not active")
    meaning = gettext_lazy(
        "Care is planned for active clients. Before a plan is in force and while on hold it warns at most; after "
        "discharge it does what you choose here."
    )
    remedy = gettext_lazy("Take the client up again before planning visits.")
    subject = Subject.CLIENT
    of_each_client = True
    about_member = False
    is_about_visit = True

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

    @staticmethod
    def example(stage: Stage) -> None:
        stage.client = stage.client._replace(status="discharged")


class GenderPreference(Rule):
    """The client's wish for the caregiver's gender; a caregiver who has not stated one does not meet a wish."""

    code = "gender"
    label = gettext_lazy("Wish for the caregiver's gender")
    meaning = gettext_lazy(
        "The client's wish for a woman or a man is met. Who has not stated a gender does not meet a wish."
    )
    remedy = gettext_lazy("Ask the client for an exception.")
    subject = Subject.CLIENT
    of_each_client = True
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

    def is_silent(self, facts: Facts) -> bool:
        return not any(facts.clients[pk].caregiver_gender for pk in facts.client_ids)

    @staticmethod
    def example(stage: Stage) -> None:
        stage.client = stage.client._replace(caregiver_gender="female")


class LanguageWish(Rule):
    """The client's wish for a caregiver who speaks a language."""

    code = "language"
    label = gettext_lazy("Wish for the caregiver's language")
    meaning = gettext_lazy("The caregiver speaks the language the client wishes for.")
    remedy = gettext_lazy("Ask the client for an exception, or enter the language on the caregiver's page.")
    subject = Subject.CLIENT
    of_each_client = True
    default_severity = Severity.WARN

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        client = facts.clients[placement.client_id]
        if not client.caregiver_language:
            return None
        if client.caregiver_language in facts.members[placement.member_id].languages:  # type: ignore[index]
            return None
        return self.finding(
            _("%(client)s wishes for a caregiver who speaks %(language)s.")
            % {"client": client.full_name, "language": name_of(client.caregiver_language)}
        )

    def is_silent(self, facts: Facts) -> bool:
        return not any(facts.clients[pk].caregiver_language for pk in facts.client_ids)

    @staticmethod
    def example(stage: Stage) -> None:
        stage.client = stage.client._replace(caregiver_language="es")


class Pets(Rule):
    """A caregiver who does not work where there are pets (an allergy, fear) is not sent there."""

    code = "pets"
    label = gettext_lazy("Pets in the home")
    meaning = gettext_lazy("A caregiver who does not work where there are pets is not sent to a home with pets.")
    remedy = gettext_lazy("Ask the caregiver; the note stands on the caregiver's page.")
    subject = Subject.CLIENT
    of_each_client = True
    default_severity = Severity.WARN

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        member = facts.members[placement.member_id]  # type: ignore[index]
        client = facts.clients[placement.client_id]
        if not (client.has_pets and member.avoids_pets) or facts.is_remote(placement):
            return None
        return self.finding(
            _("%(caregiver)s does not work where there are pets; %(client)s has pets.")
            % {"caregiver": member.full_name, "client": client.full_name}
        )

    def is_silent(self, facts: Facts) -> bool:
        return not any(facts.clients[pk].has_pets for pk in facts.client_ids)

    @staticmethod
    def example(stage: Stage) -> None:
        stage.client = stage.client._replace(has_pets=True)
        stage.member = stage.member._replace(avoids_pets=True)


class Smoking(Rule):
    """Smoke either way: a caregiver who avoids it is not sent into it, a smoker not to a client who minds."""

    code = "smoking"
    label = gettext_lazy("Smoking")
    meaning = gettext_lazy(
        "A caregiver who does not work where people smoke is not sent there, and a caregiver who smokes not to a "
        "client who wishes for somebody who does not."
    )
    remedy = gettext_lazy("Ask the caregiver or the client; the notes stand on their pages.")
    subject = Subject.CLIENT
    of_each_client = True
    default_severity = Severity.WARN

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        member = facts.members[placement.member_id]  # type: ignore[index]
        if facts.is_remote(placement):
            return None
        client = facts.clients[placement.client_id]
        values = {"caregiver": member.full_name, "client": client.full_name}
        if client.wants_nonsmoker and member.smokes:
            return self.finding(
                _("%(client)s wishes for a caregiver who does not smoke; %(caregiver)s smokes.") % values
            )
        if client.has_smoke and member.avoids_smoke:
            return self.finding(_("%(caregiver)s does not work where people smoke, as they do at %(client)s.") % values)
        return None

    def is_silent(self, facts: Facts) -> bool:
        clients = [facts.clients[pk] for pk in facts.client_ids]
        return not any(client.has_smoke or client.wants_nonsmoker for client in clients)

    @staticmethod
    def example(stage: Stage) -> None:
        stage.client = stage.client._replace(wants_nonsmoker=True)
        stage.member = stage.member._replace(smokes=True)
