"""Somebody is sick: note it, see her visits with proposals, accept them, change one, offer one to many."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from homecare.accounts.branch_choice import current_branch
from homecare.audit.services.event import record_view
from homecare.clock import now
from homecare.views import DetailPage, FormPage, ListPage, Page, PermissionMixin
from scheduling.absences import AT_ONCE, covering_of, lost_visits, open_among, propose
from scheduling.forms.absence import AbsenceForm
from scheduling.models import LostVisit, Visit
from scheduling.services.absence import Choice, Covered, cover_visits, report_absence
from staff.models import Member, TimeOff

CHANGE = "scheduling.change_visit"


class AbsenceList(ListPage):
    """Absences that cost visits, newest first, with how they were covered."""

    model = TimeOff
    permission = CHANGE
    template_name = "scheduling/absence_list.html"
    fragment_name = "scheduling/_absence_table.html"

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(member__branch=branch) if branch else queryset
        lost = LostVisit.objects.values("time_off")
        return queryset.filter(pk__in=lost).select_related("member__branch").order_by("-starts_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = list(context["object_list"])
        covering = covering_of(page)
        columns = [_("Caregiver"), _("Absent"), _("Lost"), _("Covered"), _("Cancelled"), _("Open"), _("Time to cover")]
        return {
            **context,
            "columns": [{"label": label} for label in columns],
            "absences": [(row, covering[row.pk]) for row in page],
        }


class AbsenceCreate(FormPage):
    """Notes that a caregiver cannot come; her visits are opened and proposals made."""

    permission = CHANGE
    form_class = AbsenceForm
    success_message = gettext_lazy("The absence is noted. These visits need somebody else.")
    extra_context = {"submit_label": gettext_lazy("Note the absence"), "submit_icon": "user-off"}

    @cached_property
    def member(self) -> Member:
        rows = Member.objects.visible_to(self.request.user).select_related("branch", "user")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["member_pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"zone_name": self.member.branch.time_zone}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        heading = _("%(name)s cannot come") % {"name": self.member.full_name}
        return super().get_context_data(heading=heading, cancel_url=self.member.get_absolute_url(), **kwargs)

    def perform(self, form: Any) -> TimeOff:
        data = form.cleaned_data
        starts_at, ends_at = form.span
        return report_absence(
            self.member,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=data["reason"],
            note=data["note"],
            by=self.request.user,  # type: ignore[arg-type]
        )

    def get_success_url(self) -> str:
        return reverse("scheduling:absence-detail", args=[self.result.pk])


class OneAbsence(PermissionMixin):
    """The absence of the address and what it cost."""

    permission = CHANGE
    kwargs: dict[str, Any]

    @cached_property
    def absence(self) -> TimeOff:
        rows = TimeOff.objects.visible_to(self.request.user).select_related("member__branch", "member__user")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def lost(self) -> Any:
        """Lost visits this person sees."""
        return lost_visits(self.absence, self.request.user)

    def open_ones(self) -> list[Visit]:
        return open_among(self.lost())


class AbsenceDetail(OneAbsence, DetailPage):
    """What was lost and how it stands; the proposals follow, because they take a second."""

    model = TimeOff
    template_name = "scheduling/absence_detail.html"

    def get_object(self, queryset: Any = None) -> TimeOff:
        return self.absence

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visits = list(self.lost().order_by("starts_at", "pk"))
        record_view(self.absence, by=self.request.user, what="absence")  # type: ignore[arg-type]
        settled = [visit for visit in visits if not visit.is_open or visit.starts_at <= now()]
        return super().get_context_data(
            absence=self.absence,
            member=self.absence.member,
            zone=self.absence.member.branch.time_zone,
            covering=covering_of([self.absence])[self.absence.pk],
            settled=settled,
            open_count=len(visits) - len(settled),
            **kwargs,
        )


class AbsenceProposals(OneAbsence, Page):
    """The proposals with their form; htmx puts them on the page of the absence."""

    template_name = "scheduling/absence_proposals.html"

    def get_template_names(self) -> list[str]:
        is_part = bool(getattr(self.request, "htmx", False))
        return ["scheduling/_absence_proposals.html" if is_part else self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        proposals = propose(self.open_ones(), without=self.absence.member)
        return super().get_context_data(
            absence=self.absence,
            proposals=proposals,
            needs_reason=any(row.needs_reason for row in proposals),
            may_override=self.request.user.has_perm("scheduling.override_rule"),
            may_offer=self.request.user.has_perm("scheduling.add_offer"),
            limit=AT_ONCE,
            **kwargs,
        )


class AbsenceCover(OneAbsence, View):
    """Accepts the ticked proposals: `take` names the visits; `member-<pk>`, `at-<pk>`, `version-<pk>` say how."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        wanted = {int(value) for value in request.POST.getlist("take") if value.isdigit()}
        visits = [visit for visit in self.open_ones() if visit.pk in wanted]
        choices = [choice for visit in visits if (choice := self.choice(visit)) is not None]
        reason = request.POST.get("override_reason", "")[:200]
        result = cover_visits(self.absence, choices, by=request.user, override_reason=reason)  # type: ignore[arg-type]
        self.say(result, asked=len(wanted))
        return HttpResponseRedirect(reverse("scheduling:absence-detail", args=[pk]))

    def choice(self, visit: Visit) -> Choice | None:
        data = self.request.POST
        members = Member.objects.visible_to(self.request.user).active().filter(branch_id=visit.branch_id)  # type: ignore[arg-type]
        number, version = data.get(f"member-{visit.pk}", ""), data.get(f"version-{visit.pk}", "")
        member = members.select_related("user").filter(pk=int(number)).first() if number.isdigit() else None
        if member is None:
            return None
        return Choice(visit, member, self.moment(visit), int(version) if version.isdigit() else None)

    def moment(self, visit: Visit) -> dt.datetime:
        """The proposed start; another caregiver than the proposed one comes at the planned time."""
        data = self.request.POST
        if data.get(f"member-{visit.pk}") != data.get(f"proposed-{visit.pk}"):
            return visit.starts_at
        try:
            found = parse_datetime(data.get(f"at-{visit.pk}", ""))
        except ValueError:
            found = None
        return found if found is not None and found.tzinfo is not None else visit.starts_at

    def say(self, result: Covered, *, asked: int) -> None:
        count = len(result.taken)
        if count:
            text = ngettext("%(count)s visit is covered.", "%(count)s visits are covered.", count) % {"count": count}
            messages.success(self.request, text)
        for visit, sentence in result.refused:
            messages.warning(self.request, f"{visit.client.full_name}: {sentence}")
        if not count and not result.refused:
            text = _("Nothing was ticked.") if not asked else _("These visits are no longer open.")
            messages.warning(self.request, text)
