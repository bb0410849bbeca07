"""The Plan and Health tabs of a client."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from careplans.models import CarePlan, Instrument
from careplans.news2 import ACKNOWLEDGEMENT
from careplans.views.plan_parts import by_category, plan_actions
from careplans.vital_trends import Trend, trends
from clients.models import Client
from clients.views.client import OneClient
from homecare import clock
from homecare.audit.services.event import record_view
from homecare.views import Page

SHOWN = 400


class ClientPage(OneClient, Page):
    """A tab of the client's page; looking at it is kept in the trail."""

    what = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        client = self.get_client()
        record_view(client, by=self.request.user, what=self.what)
        return super().get_context_data(client=client, **self.about(client), **kwargs)

    def about(self, client: Client) -> dict[str, Any]:
        raise NotImplementedError


class ClientPlan(ClientPage):
    permission = "careplans.view_careplan"
    template_name = "careplans/client_plan.html"
    what = "plan"

    def about(self, client: Client) -> dict[str, Any]:
        versions = list(client.care_plans.prefetch_related("goals", "tasks").select_related("written_by", "client"))
        active = next((plan for plan in versions if plan.status == CarePlan.Status.ACTIVE), None)
        waiting = next((plan for plan in versions if plan.status in ("draft", "in_review")), None)
        return {
            "plan": active,
            "waiting": waiting,
            "versions": versions,
            "groups": by_category(active.tasks.all()) if active else [],
            "plan_actions": plan_actions(active, self.request.user) if active and not waiting else [],
            "assessments": self.latest_assessments(client),
            "today": clock.today(client.branch.time_zone),
        }

    def latest_assessments(self, client: Client) -> list[dict[str, Any]]:
        """Each instrument with its last result; None where it was never filled."""
        done: dict[str, Any] = {}
        for row in client.assessments.select_related("instrument").order_by("assessed_on", "id"):
            done[row.instrument.code] = row
        return [{"instrument": one, "last": done.get(one.code)} for one in Instrument.objects.usable()]


class ClientHealth(ClientPage):
    permission = "careplans.view_vitalreading"
    template_name = "careplans/client_health.html"
    what = "health"

    def about(self, client: Client) -> dict[str, Any]:
        readings = list(client.vital_readings.select_related("recorded_by", "acknowledged_by")[:SHOWN])
        shown: list[Trend] = trends(readings, list(client.vital_thresholds.all()))
        return {
            "alerts": [row for row in readings if row.is_alert and row.acknowledged_at is None],
            "trends": shown,
            "medications": self.medications(client),
            "diagnoses": client.diagnoses.filter(resolved_on=None),
            "allergies": client.allergies.all(),
            "news2_source": ACKNOWLEDGEMENT if any(trend.kind == "news2" for trend in shown) else "",
            "nothing_title": _("No vital signs yet"),
        }

    def medications(self, client: Client) -> list[Any] | None:
        if not self.request.user.has_perm("careplans.view_medicationorder"):
            return None
        return list(client.medication_orders.current())
