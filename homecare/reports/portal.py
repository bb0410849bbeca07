"""What a family sees: who comes when, that care took place, what is to be paid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery

from billing.models import Invoice
from clients.models import Client
from homecare.accounts.models import User
from homecare.clock import now
from scheduling.appointments import Occasion
from scheduling.appointments import coming as occasions
from scheduling.models import Appointment, Visit, VisitRating, VisitTask

COMING, PAST, MOST_INVOICES = 10, 10, 200


@dataclass(frozen=True)
class Family:
    clients: list[Client]
    coming: list[Visit]
    past: list[Visit]
    invoices: list[Invoice]
    appointments: list[Occasion]

    @property
    def next_visit(self) -> Visit | None:
        return self.coming[0] if self.coming else None

    @property
    def to_pay(self) -> Any:
        return sum(invoice.balance for invoice in self.invoices)  # type: ignore[attr-defined]


def _of(rows: Any, clients: Iterable[Client]) -> Any:
    return rows.filter(client__in=clients).select_related("client", "caregiver", "service_type", "branch")


def invoices(user: User) -> list[Invoice]:
    """Every issued invoice addressed to the family's client(s), newest first, each with its `balance`."""
    rows = Invoice.objects.visible_to(user).filter(status=Invoice.Status.ISSUED).with_balance()
    return list(rows.select_related("client", "branch").order_by("-issued_on", "-pk")[:MOST_INVOICES])


def family(user: User) -> Family:
    """The family's own client(s): visits with the caregiver's first name, tasks done as a count, open invoices."""
    moment = now()
    clients = list(Client.objects.visible_to(user).select_related("branch"))
    visits = _of(Visit.objects.visible_to(user), clients)
    done = Count("tasks", filter=Q(tasks__outcome=VisitTask.Outcome.DONE))
    mine = VisitRating.objects.visible_to(user).filter(visit=OuterRef("pk"), by=user).values("score")[:1]
    past = visits.annotate(my_score=Subquery(mine)).filter(status__in=[Visit.Status.COMPLETED, Visit.Status.APPROVED])
    return Family(
        clients=clients,
        coming=list(visits.live().filter(ends_at__gt=moment).order_by("starts_at", "pk")[:COMING]),
        past=list(past.annotate(tasks_done=done, tasks_all=Count("tasks")).order_by("-starts_at", "-pk")[:PAST]),
        appointments=occasions(Appointment.objects.visible_to(user).filter(client__in=clients), moment)[:COMING],
        invoices=list(Invoice.objects.visible_to(user).outstanding().select_related("client").order_by("due_on", "pk")),
    )
