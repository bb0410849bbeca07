"""How the coming weeks are planned: a branch that publishes its plan, and who has seen it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.models import Count

from billing.services.pay_rate import add_pay_rate
from clients.models import Address, Client
from homecare.clock import at_local, monday_of
from homecare.demo.agency import Setting
from scheduling.matching import suggest_for_visit
from scheduling.models import AssignmentRule, Schedule, ServiceType
from scheduling.services.publication import mark_seen, publish_visits
from scheduling.services.rotation import add_shift, add_turner, create_rotation, draft_rotation
from scheduling.services.sharing import Share, share_schedule
from scheduling.services.visit import assign_visit, create_visit
from staff.models import Role


def build_planning(setting: Setting) -> None:
    _wages(setting)
    _publish(setting)
    _rotation(setting)
    _calls(setting)
    _household(setting)


def _wages(setting: Setting) -> None:
    """What an hour of each role costs, more for nurses and therapists."""
    since = setting.today - dt.timedelta(days=400)
    for role in Role.objects.order_by("code"):
        skilled = {"skilled_nursing", "physical_therapy", "occupational_therapy", "social_work"} & set(role.scope)
        wage = Decimal("44.5000") if skilled else Decimal("19.7500")
        add_pay_rate(role=role, hourly_rate=wage, since=since, by=setting.users["biller"])


def _publish(setting: Setting) -> None:
    """Springfield shows its plan up to the end of next week; two of three caregivers have seen it."""
    branch, by = setting.branches["SPR"], setting.users["coordinator"]
    made = publish_visits(branch, monday_of(setting.today) + dt.timedelta(days=13), by=by)
    for number, receipt in enumerate(made.receipts.select_related("member__user")):
        if number % 3 and receipt.member.user is not None:
            mark_seen(receipt.member, by=receipt.member.user)


def _rotation(setting: Setting) -> None:
    """Two caregivers with two clients at the same hours would change places every week: drafted, not applied."""
    by, monday = setting.users["coordinator"], monday_of(setting.today) + dt.timedelta(days=7)
    lines = AssignmentRule.objects.filter(schedule__client__branch=setting.branches["BOS"], every_weeks=1)
    lines = lines.filter(schedule__status=Schedule.Status.ACTIVE).exclude(schedule__rule__contains="INTERVAL")
    lines = lines.select_related("schedule__client", "member")
    met: dict[tuple, AssignmentRule] = {}
    for line in lines.order_by("pk"):
        other = met.setdefault((line.schedule.rule, line.schedule.start_time, line.schedule.service_type_id), line)
        if other.member_id != line.member_id and other.schedule.client_id != line.schedule.client_id:
            rotation = create_rotation(setting.branches["BOS"], name="Early pair", weeks=2, starts_on=monday, by=by)
            for row, one in enumerate((other, line), start=1):
                add_shift(rotation, row=row, schedule=one.schedule, by=by)
                add_turner(rotation, member=one.member, first_row=row, by=by)
            draft_rotation(rotation, by=by)
            return


def _household(setting: Setting) -> None:
    """Two clients of one home in Boston share a pattern: one caregiver, two thirds of the time for one of them."""
    by, branch = setting.users["coordinator"], setting.branches["BOS"]
    weekly = Schedule.objects.active().filter(client__branch=branch, client__status=Client.Status.ACTIVE, head_count=1)
    weekly = weekly.filter(service_type__code="PC", assignment_rules__isnull=False).select_related("client")
    schedule = weekly.order_by("-pk").first()
    if schedule is None:
        return
    others = Client.objects.filter(branch=branch, status=Client.Status.ACTIVE).exclude(pk=schedule.client_id)
    partner = others.annotate(patterns=Count("schedules")).order_by("patterns", "pk").first()
    if partner is None:
        return
    home = Address.objects.get(client=schedule.client, is_primary=True)
    there = {
        name: getattr(home, name)
        for name in ("line1", "line2", "city", "state", "postal_code", "latitude", "longitude")
    }
    Address.objects.filter(client=partner, is_primary=True).update(**there)
    share_schedule(
        schedule, [Share(partner, schedule.service_type)], own_weight=2, by=by, override_reason="They live together"
    )


def _calls(setting: Setting) -> None:
    """A nurse calls three clients tomorrow and the days after, and sees one by video."""
    by, branch = setting.users["coordinator"], setting.branches["BOS"]
    clients = list(Client.objects.filter(branch=branch, status=Client.Status.ACTIVE).order_by("pk")[:4])
    services = {row.code: row for row in ServiceType.objects.filter(code__in=["CALL", "TELE"])}
    for number, client in enumerate(clients):
        starts_at = at_local(setting.today + dt.timedelta(days=1 + number), dt.time(15, 30), branch.time_zone)
        visit = create_visit(
            client,
            service_type=services["TELE" if number == 3 else "CALL"],
            starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(minutes=15),
            note="How was the first week?",
            by=by,
        )
        best = next((row for row in suggest_for_visit(visit) if row.is_eligible and not row.findings), None)
        if best is not None:
            assign_visit(visit, best.member, by=by)
