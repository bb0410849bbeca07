"""A whole period's invoices as one background job: each invoice its own transaction, so that it may stop and go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Charge, Invoice, Payer
from billing.pricing import WaitsFor
from billing.services.charge import make_charges, uncharged
from billing.services.invoice import build_draft, free_charges, issue_invoice
from clients.models import Client
from homecare.accounts.models import Branch, User
from homecare.bell import ring
from homecare.errors import DomainError, readable
from homecare.jobs.models import Job
from homecare.jobs.services.job import start_job
from homecare.money import ZERO, display
from scheduling.models import Visit

KIND = "billing.invoice_run"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class RunScope:
    """What a run covers: one branch, a period with both days, one payer or all, and whether it issues at once."""

    branch: Branch
    period_from: dt.date
    period_to: dt.date
    payer: Payer | None = None
    issue_now: bool = False

    @property
    def period(self) -> tuple[dt.date, dt.date]:
        return self.period_from, self.period_to

    def charges(self) -> QuerySet[Charge]:
        """Open charges of the scope, whether or not a draft holds them."""
        rows = Charge.objects.filter(
            client__branch=self.branch, service_on__range=self.period, status=Charge.Status.OPEN
        )
        return rows if self.payer is None else rows.filter(payer=self.payer)

    def waiting(self) -> QuerySet[Any]:
        """Approved visits of the period that have no charge, with the reason."""
        rows = uncharged(Visit.objects.filter(client__branch=self.branch))
        rows = rows.filter(service_on__range=self.period)
        return rows if self.payer is None else rows.filter(payer_pk=self.payer.pk)

    def to_params(self) -> dict[str, Any]:
        return {
            "branch": self.branch.pk,
            "period_from": self.period_from.isoformat(),
            "period_to": self.period_to.isoformat(),
            "payer": self.payer.pk if self.payer else None,
            "issue_now": self.issue_now,
        }

    @classmethod
    def from_params(cls, params: dict[str, Any], *, by: User) -> RunScope:
        """Read anew with the rights the asker has now."""
        branch = Branch.objects.visible_to(by).filter(pk=params["branch"]).first()
        payer = Payer.objects.visible_to(by).filter(pk=params["payer"]).first() if params["payer"] else None
        if branch is None or (params["payer"] and payer is None):
            raise DomainError(_("The branch or payer of this run is no longer yours to bill, so nothing was done."))
        first, last = (dt.date.fromisoformat(params[name]) for name in ("period_from", "period_to"))
        return cls(branch, first, last, payer, bool(params["issue_now"]))


def start_run(scope: RunScope, *, by: User) -> Job:
    """Puts the run in the queue; the same scope already under way is joined, not doubled."""
    if scope.period_to < scope.period_from:
        raise DomainError(_("The period ends before it begins. Check the two dates."), field="period_to")
    _may_issue(scope, by)
    days = " – ".join(date_format(day, "j M Y") for day in scope.period)
    who = str(scope.payer.pk) if scope.payer else "all"
    return start_job(
        KIND,
        by=by,
        params=scope.to_params(),
        branch=scope.branch,
        title=_("Invoices %(branch)s, %(days)s") % {"branch": scope.branch, "days": days},
        dedupe_key=f"{KIND}:{scope.branch.pk}:{scope.period_from}:{scope.period_to}:{who}",
    )


def _may_issue(scope: RunScope, by: User) -> None:
    if scope.issue_now and not by.has_perm("billing.issue_invoice"):
        raise DomainError(_("You may draft invoices but not issue them. Start the run without issuing."))


def preview(scope: RunScope) -> list[dict[str, Any]]:
    """What the run would invoice now: client, payer, visits, amount; one query."""
    return list(
        _in_hand(scope)  # type: ignore[arg-type]
        .values("client_id", "payer_id", "client__first_name", "client__last_name", "payer__name")
        .annotate(visits=Count("pk"), amount=Sum("amount"))
        .order_by("client__last_name", "client__first_name", "client_id", "payer_id")
    )


def _in_hand(scope: RunScope) -> QuerySet[Charge]:
    """Free charges, and when issuing also those on drafts of the very same period."""
    free = Q(pk__in=free_charges(scope.charges()).values("pk"))
    if not scope.issue_now:
        return scope.charges().filter(free)
    same = Invoice.objects.filter(status=Invoice.Status.DRAFT, period_from=scope.period_from, period_to=scope.period_to)
    return scope.charges().filter(free | Q(lines__is_live=True, lines__invoice__in=same))


def run_invoices(scope: RunScope, *, run: Job, by: User, progress: Progress) -> dict[str, Any]:
    """Charges what waits, then makes one invoice per client and payer. Running twice makes nothing twice.

    `progress` is called before each invoice, outside its transaction; it may raise to stop. Returns the job's result.
    """
    _may_issue(scope, by)
    make_charges(scope.waiting().filter(waits_for=WaitsFor.NOTHING), by=by)
    groups = preview(scope)
    clients = Client.objects.in_bulk({group["client_id"] for group in groups})
    payers = Payer.objects.in_bulk({group["payer_id"] for group in groups})
    made: list[int] = []
    left: list[str] = []
    for done, group in enumerate(groups):
        progress(done, len(groups), _("Invoice %(n)s of %(total)s") % {"n": done + 1, "total": len(groups)})
        client, payer = clients[group["client_id"]], payers[group["payer_id"]]
        try:
            made.append(_one(scope, client, payer, run=run, by=by).pk)
        except (DomainError, IntegrityError) as error:
            refusal = error if isinstance(error, DomainError) else readable(error)
            left.append(f"{client.full_name}, {payer}: {refusal.message}")
    progress(len(groups), len(groups), "")
    return _result(scope, run, made, left)


@transaction.atomic
def _one(scope: RunScope, client: Client, payer: Payer, *, run: Job, by: User) -> Invoice:
    invoice = build_draft(client, payer, period_from=scope.period_from, period_to=scope.period_to, by=by, run=run)
    if scope.issue_now:
        invoice = issue_invoice(invoice, by=by)
        ring("billing.tasks.render_invoice", invoice.pk, queue="documents")
    return invoice


def _result(scope: RunScope, run: Job, made: list[int], left: list[str]) -> dict[str, Any]:
    """Counted from the database, so that a run that began again also tells what its first attempt did."""
    rows = Invoice.objects.filter(Q(run=run) | Q(pk__in=made)).exclude(status=Invoice.Status.VOID)
    sums = rows.aggregate(count=Count("pk"), total=Sum("total"))
    words = (
        ngettext("%(n)s invoice issued, %(sum)s.", "%(n)s invoices issued, %(sum)s.", sums["count"])
        if scope.issue_now
        else ngettext("%(n)s draft made, %(sum)s.", "%(n)s drafts made, %(sum)s.", sums["count"])
    )
    links = [{"label": _("See these invoices"), "url": f"{reverse('billing:invoice-list')}?run={run.public_id}"}]
    if left_visits := _left_visits(scope):
        left = left + left_visits
        links.append({"label": _("See what is still unbilled"), "url": reverse("billing:charge-list")})
    summary = words % {"n": sums["count"], "sum": display(sums["total"] or ZERO)}
    return {"summary": summary, "links": links, "left": left}


def _left_visits(scope: RunScope) -> list[str]:
    counts = scope.waiting().order_by().values("waits_for").annotate(n=Count("pk"))
    left = [
        ngettext("%(n)s visit: %(why)s.", "%(n)s visits: %(why)s.", row["n"])
        % {"n": row["n"], "why": WaitsFor(row["waits_for"]).label.lower()}
        for row in counts
    ]
    held = scope.charges().count() - free_charges(scope.charges()).count() if scope.issue_now else 0
    if held:
        left.append(
            ngettext(
                "%(n)s visit stands on a draft of another period.",
                "%(n)s visits stand on drafts of another period.",
                held,
            )
            % {"n": held}
        )
    return left
