from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from homecare.accounts.branch_choice import current_branch
from homecare.stale import RefuseStale
from homecare.views import ActionView, FormPage, ListPage
from staff.forms.team import TeamForm
from staff.models import Team
from staff.services.team import change_team, dissolve_team, make_team


class TeamList(ListPage):
    """Who is planned together, and by whom."""

    model = Team
    permission = "staff.view_team"
    template_name = "staff/team_list.html"
    context_object_name = "teams"

    def rows(self, queryset: QuerySet) -> QuerySet:
        branch = current_branch(self.request)
        rows = queryset.filter(branch=branch) if branch else queryset
        rows = rows.select_related("branch").prefetch_related("coordinators")
        return rows.annotate(people=Count("members")).order_by("branch__name", "name", "id")


class TeamForms(FormPage):
    form_class = TeamForm
    template_name = "staff/team_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(cancel_url=reverse("staff:team-list"), **kwargs)

    def get_success_url(self) -> str:
        return reverse("staff:team-list")


class TeamCreate(TeamForms):
    permission = "staff.add_team"
    success_message = gettext_lazy("The team is made.")
    extra_context = {"heading": gettext_lazy("New team"), "submit_label": gettext_lazy("Make the team")}

    def get_initial(self) -> dict[str, Any]:
        return {"coordinators": [self.request.user.pk]}

    def perform(self, form: Any) -> Team:
        return make_team(by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]


class TeamUpdate(RefuseStale, TeamForms):
    permission = "staff.change_team"
    success_message = gettext_lazy("The team is changed.")

    @cached_property
    def team(self) -> Team:
        rows = Team.objects.visible_to(self.request.user).select_related("branch")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def guarded(self) -> Team:
        return self.team

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"team": self.team}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(team=self.team, heading=self.team.name, subtitle=self.team.branch, **kwargs)

    def perform(self, form: Any) -> Team:
        return change_team(self.team, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]


class TeamDissolve(ActionView):
    model = Team
    permission = "staff.change_team"
    success_message = gettext_lazy("The team is dissolved; its people and their visits stay.")

    def perform(self, obj: Team) -> None:
        dissolve_team(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return reverse("staff:team-list")
