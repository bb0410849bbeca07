"""Builds the whole demo agency in one go: the same agency each time, relative to today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from random import Random

from django.core.management import call_command
from django.db import connection

from homecare import clock
from homecare.accounts.models import Branch
from homecare.demo import agency, around, care, cover, evv, money, people, planning, referrals, rota, telling, visits
from homecare.demo.agency import ZONE, Setting

SIZES = {"tiny": (12, 20, 6), "demo": (60, 40, 12), "large": (1200, 300, 52)}  # clients, caregivers, weeks of past
INVOICED_MONTHS = {"demo": 2, "large": 1}  # an agency of that size issues over a thousand invoices a month
Report = Callable[[str], None]


def is_empty() -> bool:
    return not Branch.objects.exists()


def new_setting(size: str) -> Setting:
    clients, caregivers, weeks = SIZES[size]
    branches = agency.build_branches()
    agency.build_agency()
    users, hashed = agency.build_users(branches)
    today: dt.date = clock.today(ZONE)
    agency.build_holidays(branches, today)
    return Setting(
        today=today,
        random=Random(2026),
        weeks_past=weeks,
        clients=clients,
        caregivers=caregivers,
        branches=branches,
        users=users,
        password_hash=hashed,
    )


def _learn_sizes() -> None:
    """Fresh tables have no statistics and PostgreSQL would plan the billing queries as if they were empty.

    Only our own tables: a bare ANALYZE would also lock catalogues that all databases of the server share.
    """
    names = ", ".join(connection.ops.quote_name(table) for table in connection.introspection.django_table_names(True))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {names}")


def build(size: str, report: Report, referral_folder: Path | None = None) -> Setting:
    """Everything, in the order in which one thing needs the other. Say what is being done through `report`."""
    call_command("load_catalogue", stdout=StringIO())
    report("Agency, branches and log-ins")
    setting = new_setting(size)
    report(f"{setting.caregivers} caregivers with credentials and availability")
    members = people.build_caregivers(setting)
    people.build_teams(setting, members)
    people.build_availability(setting, members)
    people.build_credentials(setting, members)
    report(f"{setting.clients} clients with plans, assessments and vital signs")
    clients = people.build_clients(setting)
    people.build_preferences(clients, members)
    care.reset_numbers()
    plans = care.build_plans(setting, clients)
    care.build_assessments(setting, clients)
    care.build_health(setting, clients)
    report("Weekly patterns and who regularly takes them")
    plan = rota.build_rota(setting, clients, members)
    people.build_care_teams(setting, {(p.client.pk, p.member.pk) for p in plan.patterns if p.member})
    pairs = visits.build_schedules(setting, plan)
    report(f"Visits of {setting.weeks_past} weeks past and {visits.AHEAD_WEEKS} ahead")
    made = visits.build_visits(setting, pairs, plans)
    report(f"Punches, tasks and notes of {len(made)} visits")
    visits.build_field_work(setting, made, plan.places)
    visits.build_exceptions(made)
    people.build_time_off(setting, members)
    _learn_sizes()
    report("Payers, charges, invoices and payments")
    payers = money.build_payers(setting)
    money.build_coverage(setting, clients, payers)
    money.build_billing(setting, months=INVOICED_MONTHS.get(size, 1))
    report("Offers, and somebody who is sick tomorrow")
    cover.build_cover(setting)
    report("What caregivers are shown of the plan")
    planning.build_planning(setting)
    report("Telephone, device, and a punch that nobody planned")
    evv.build_evv(setting)
    report("Appointments, the waiting list and the next holiday")
    around.build_around(setting)
    report("A message to all, and a webhook that is switched off")
    telling.build_telling(setting)
    report("Referrals at the front desk")
    referrals.build_referrals(setting, referral_folder)
    return setting
