from __future__ import annotations

from typing import Any

from careplans.models import PlannedTask, PlanTemplate
from careplans.views.plan_parts import by_category
from homecare.views import DetailPage, ListPage


class PlanTemplateList(ListPage):
    model = PlanTemplate
    permission = "careplans.view_plantemplate"
    template_name = "careplans/plantemplate_list.html"
    context_object_name = "templates"


class PlanTemplateDetail(DetailPage):
    """What a plan from this template would say."""

    model = PlanTemplate
    permission = "careplans.view_plantemplate"
    template_name = "careplans/plantemplate_detail.html"
    context_object_name = "plan_template"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        content = self.object.content
        tasks = [
            PlannedTask(**{name: task.get(name) for name in ("category", "title", "instructions", "weekdays")})
            for task in content.get("tasks", [])
        ]
        return super().get_context_data(groups=by_category(tasks), goals=content.get("goals", []), **kwargs)
