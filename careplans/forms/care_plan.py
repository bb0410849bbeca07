"""Writing a plan on one page: goals and tasks are added, removed and ordered, and nothing typed is lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careplans.models import CarePlan, Goal, PlannedTask, PlanTemplate
from careplans.services.plan_template import Proposal
from staff.models import TaskCategory

MOST_PARTS = 60
DATE: dict[str, Any] = {"format": "%Y-%m-%d", "attrs": {"type": "date"}}


@dataclass
class GoalRow:
    """A goal as typed."""

    text: str = ""
    measure: str = ""
    target_on: str = ""
    is_new: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not (self.text or self.measure or self.target_on)


@dataclass
class TaskRow:
    """A task as typed."""

    category: str = ""
    title: str = ""
    instructions: str = ""
    weekdays: list[int] = field(default_factory=list)
    is_new: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not (self.title or self.instructions)


class PlanForm(forms.Form):
    """`goal-<n>-…` and `task-<n>-…` with their number in `goals` and `tasks`. `act` changes the rows only."""

    summary = forms.CharField(
        label=gettext_lazy("In a few plain sentences"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What matters to the person and what care is for. Everybody who visits reads this."),
    )

    def __init__(self, data: QueryDict | None = None, *, plan: CarePlan, **kwargs: Any):
        kwargs.setdefault("initial", {"summary": plan.summary})
        super().__init__(data, **kwargs)
        self.focus = ""
        if data is None:
            self.goals = [_goal_row(goal) for goal in plan.goals.all()]
            self.tasks = [
                TaskRow(task.category, task.title, task.instructions, list(task.weekdays)) for task in plan.tasks.all()
            ]
        else:
            self.goals = [_typed_goal(data, n) for n in range(_number(data, "goals"))]
            self.tasks = [_typed_task(data, n) for n in range(_number(data, "tasks"))]

    def change(self, act: str) -> None:
        """add-goal, add-task, remove-task:2, up-goal:1, down-task:0 …"""
        verb, _colon, position = act.partition(":")
        deed, _dash, what = verb.partition("-")
        rows: list[Any] = self.goals if what == "goal" else self.tasks
        if deed == "add":
            rows.append(GoalRow(is_new=True) if what == "goal" else TaskRow(is_new=True))
            return
        if not position.isdigit() or int(position) >= len(rows):
            return
        here = int(position)
        if deed == "remove":
            rows.pop(here)
            self.focus = f"add-{what}"
        elif deed in ("up", "down"):
            there = here + (1 if deed == "down" else -1)
            if 0 <= there < len(rows):
                rows[here], rows[there] = rows[there], rows[here]
                # At the end of its way a button is disabled; then the other one takes the focus.
                end, back = (0, "down") if deed == "up" else (len(rows) - 1, "up")
                self.focus = f"{back if there == end else deed}-{what}-{there}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["goals"] = [self._goal(n, row) for n, row in enumerate(self.goals, start=1) if not row.is_blank]
        data["tasks"] = [self._task(n, row) for n, row in enumerate(self.tasks, start=1) if not row.is_blank]
        return data

    def _wrong(self, row: GoalRow | TaskRow, name: str, label: str, sentence: str) -> None:
        row.errors[name] = sentence
        self.add_error(None, f"{label}: {sentence}")

    def _goal(self, number: int, row: GoalRow) -> dict[str, Any]:
        label = _("Goal %(n)s") % {"n": number}
        target_on = None
        if not row.text:
            self._wrong(row, "text", label, _("Say what the client wants to reach."))
        for name in ("text", "measure"):
            _fits(self, row, name, label, Goal)
        if row.target_on:
            try:
                target_on = dt.date.fromisoformat(row.target_on)
            except ValueError:
                self._wrong(row, "target_on", label, _("Enter a date."))
        return {"text": row.text, "measure": row.measure, "target_on": target_on}

    def _task(self, number: int, row: TaskRow) -> dict[str, Any]:
        label = _("Task %(n)s") % {"n": number}
        if not row.title:
            self._wrong(row, "title", label, _("Give the task a title."))
        if row.category not in TaskCategory.values:
            self._wrong(row, "category", label, _("Choose a category."))
        for name in ("title", "instructions"):
            _fits(self, row, name, label, PlannedTask)
        return {
            "category": row.category,
            "title": row.title,
            "instructions": row.instructions,
            "weekdays": row.weekdays,
        }


def _fits(form: PlanForm, row: Any, name: str, label: str, model: Any) -> None:
    most = model._meta.get_field(name).max_length
    if len(getattr(row, name)) > most:
        form._wrong(row, name, label, _("At most %(most)s characters.") % {"most": most})


def _number(data: QueryDict, name: str) -> int:
    text = data.get(name, "0")
    return min(int(text), MOST_PARTS) if text.isdigit() else 0


def _goal_row(goal: Goal) -> GoalRow:
    return GoalRow(goal.text, goal.measure, goal.target_on.isoformat() if goal.target_on else "")


def _typed_goal(data: QueryDict, n: int) -> GoalRow:
    text, measure, target_on = (data.get(f"goal-{n}-{name}", "").strip() for name in ("text", "measure", "target_on"))
    return GoalRow(text, measure, target_on)


def _typed_task(data: QueryDict, n: int) -> TaskRow:
    category, title, how = (data.get(f"task-{n}-{name}", "").strip() for name in ("category", "title", "instructions"))
    days = sorted({int(day) for day in data.getlist(f"task-{n}-weekdays") if day in "0123456" and len(day) == 1})
    return TaskRow(category, title, how, days)


class TemplateForm(forms.Form):
    """The plan to start from; those that fit the diagnoses come first."""

    template = forms.ModelChoiceField(
        label=gettext_lazy("Start from"),
        queryset=PlanTemplate.objects.all(),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a plan to start from.")},
    )

    def __init__(self, *args: Any, proposed: list[Proposal], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.proposed = proposed
        if proposed:
            self.fields["template"].initial = proposed[0].template.pk

    def choices(self) -> list[dict[str, Any]]:
        """Every template with why it is proposed."""
        chosen = str(self["template"].value() or "")
        reasons = {proposal.template.pk: proposal.diagnoses for proposal in self.proposed}
        order = list(reasons)
        templates = sorted(
            self.fields["template"].queryset,  # type: ignore[attr-defined]
            key=lambda one: (order.index(one.pk) if one.pk in reasons else len(order), one.name),
        )
        return [
            {
                "template": one,
                "is_proposed": one.pk in reasons,
                "diagnoses": reasons.get(one.pk, []),
                "is_chosen": str(one.pk) == chosen,
            }
            for one in templates
        ]


class ReturnForm(forms.Form):
    comment = forms.CharField(label=gettext_lazy("What has to change?"), widget=forms.Textarea(attrs={"rows": 3}))


class ActivateForm(forms.Form):
    starts_on = forms.DateField(label=gettext_lazy("In force from"), widget=forms.DateInput(**DATE))
    review_on = forms.DateField(
        label=gettext_lazy("Review on"),
        widget=forms.DateInput(**DATE),
        help_text=gettext_lazy("At least every 60 days for skilled care (42 CFR 484.60)."),
    )
