"""The roles of the agency as groups with permissions. `sync_roles` makes the database agree after each migrate."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RoleName(TextChoices):
    ADMINISTRATOR = "Administrator", _("Administrator")
    MANAGER = "Operations manager", _("Operations manager")
    COORDINATOR = "Coordinator", _("Coordinator")
    SUPERVISOR = "Clinical supervisor", _("Clinical supervisor")
    BILLER = "Biller", _("Biller")
    CAREGIVER = "Caregiver", _("Caregiver")
    FAMILY = "Family", _("Family")


def _crud(app: str, *models: str, acts: str = "view add change") -> set[str]:
    return {f"{app}.{act}_{model}" for model in models for act in acts.split()}


OFFICE = {"accounts.see_branch_rows", "accounts.view_today", "accounts.use_search", "jobs.view_job"}
READ_CLIENTS = _crud("clients", "client", "referral", "address", "contact", acts="view")
READ_PLANS = _crud(
    "careplans", "careplan", "assessment", "vitalreading", "medicationorder", "plantemplate", acts="view"
)
READ_STAFF = _crud("staff", "member", "credential", "availability", "timeoff", "role", "team", acts="view")
READ_VISITS = _crud("scheduling", "visit", "schedule", "offer", "appointment", "waiting", acts="view")
READ_BILLING = _crud(
    "billing", "payer", "rate", "coverage", "authorization", "charge", "invoice", "payment", acts="view"
)

CHART = _crud("clients", "diagnosis", "allergy", "careteammember")
INTAKE = (
    CHART
    | _crud("clients", "client", "referral", "address", "contact", "caregiverpreference")
    | {"clients.accept_referral"}
)
CARE = CHART | _crud("careplans", "careplan", "assessment", "goal", "plannedtask", "vitalreading", "medicationorder")
STAFFING = _crud("staff", "member", "credential", "availability", "timeoff")
AROUND = _crud("scheduling", "calendarfeed", "appointment", "waiting", "broadcast")
SCHEDULING = (
    AROUND
    | _crud("scheduling", "visit", "schedule", "offer", "roster")
    | _crud("staff", "team")
    | {
        "scheduling.override_rule",
        "scheduling.clock_for_other",
    }
)
MONEY = _crud("billing", "payer", "rate", "coverage", "authorization", "charge", "invoice", "payment") | {
    "billing.run_invoices",
    "billing.issue_invoice",
    "billing.void_invoice",
}
# What people earn: nobody else sees it, and no sentence of a rule or suggestion names it.
WAGES = _crud("billing", "payrate")

PERMISSIONS: dict[str, set[str]] = {
    RoleName.COORDINATOR: OFFICE
    | INTAKE
    | READ_PLANS
    | {"careplans.add_assessment", "careplans.add_careplan", "careplans.change_careplan"}
    | READ_STAFF
    | _crud("staff", "availability", "timeoff")
    | SCHEDULING
    | {"scheduling.approve_visit"}
    | READ_BILLING,
    RoleName.SUPERVISOR: OFFICE
    | READ_CLIENTS
    | READ_PLANS
    | CARE
    | {"careplans.activate_careplan"}
    | _crud("scheduling", "appointment")
    | READ_STAFF
    | READ_VISITS,
    RoleName.BILLER: OFFICE | READ_CLIENTS | READ_VISITS | {"scheduling.approve_visit"} | MONEY | WAGES,
    RoleName.MANAGER: OFFICE
    | {
        "accounts.view_dashboard",
        "audit.view_event",
        "accounts.change_agency",
        "accounts.view_user",
        "accounts.change_user",
        "accounts.add_invitation",
    }
    | _crud("webhooks", "endpoint", acts="view add change delete")
    | INTAKE
    | READ_PLANS
    | STAFFING
    | READ_STAFF
    | SCHEDULING
    | {"scheduling.approve_visit"}
    | READ_BILLING
    | WAGES
    | _crud("scheduling", "servicetype")
    | {"scheduling.view_visitrating", "billing.release_incomplete"},
    RoleName.CAREGIVER: {"scheduling.work_visit"},
    RoleName.FAMILY: {"clients.view_portal"},
}


def sync_roles() -> None:
    """Makes every group exist with exactly its permissions; names not there yet wait for the next migrate."""
    known = {f"{p.content_type.app_label}.{p.codename}": p for p in Permission.objects.select_related("content_type")}
    for role in RoleName:
        group, _made = Group.objects.get_or_create(name=role.value)
        wanted = set(known) if role is RoleName.ADMINISTRATOR else PERMISSIONS[role.value]
        group.permissions.set([known[name] for name in sorted(wanted) if name in known])
