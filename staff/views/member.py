from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare import clock
from homecare.views import DetailPage, FormPage, ListPage, ScopedMixin
from staff.availability_hours import weekly_minutes
from staff.filters import MemberFilter
from staff.forms.member import MemberForm, MemberStatusForm
from staff.models import Availability, Credential, CredentialType, Member
from staff.models.availability import Weekday
from staff.services.member import change_status, hire_member, update_member
from staff.views.today import today_of

SORTS = {"name": ("last_name", "first_name"), "role": ("role__name", "last_name"), "hired_on": ("hired_on", "id")}
SOON = 30


def link_to(url_name: str, query: str = "") -> str | None:
    """The address of a page of another domain, None while the installation does not have it."""
    try:
        return reverse(url_name) + query
    except NoReverseMatch:
        return None


class MemberList(ListPage):
    model = Member
    permission = "staff.view_member"
    filterset_class = MemberFilter
    template_name = "staff/member_list.html"
    fragment_name = "staff/_member_table.html"

    def rows(self, queryset: QuerySet) -> QuerySet:
        today = today_of(self.request.user)  # type: ignore[arg-type]
        mine = Credential.objects.filter(member=OuterRef("pk"))
        sort = self.request.GET.get("sort", "name")
        order = SORTS.get(sort.lstrip("-"), SORTS["name"])
        return (
            queryset.select_related("role", "branch")
            .annotate(
                has_expired=Exists(mine.expired(today)),
                has_expiring=Exists(mine.expiring_within(today, SOON)),
            )
            .order_by(*[f"-{name}" for name in order] if sort.startswith("-") else order)
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = [
            {"label": _("Name"), "sort": "name"},
            {"label": _("Role"), "sort": "role"},
            {"label": _("Branch")},
            {"label": _("Languages")},
            {"label": _("Hired"), "sort": "hired_on"},
            {"label": _("Status")},
            {"label": _("Credentials")},
        ]
        return super().get_context_data(columns=columns, **kwargs)


class MemberDetail(DetailPage):
    """The employee record in tabs kept in the URL."""

    model = Member
    permission = "staff.view_member"
    template_name = "staff/member_detail.html"
    context_object_name = "member"
    tab_permissions = {
        "summary": "staff.view_member",
        "credentials": "staff.view_credential",
        "availability": "staff.view_availability",
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("role", "branch", "user", "role__supervised_by")

    @property
    def tab(self) -> str:
        wanted = self.request.GET.get("tab", "summary")
        known = self.tab_permissions.get(wanted)
        return wanted if known and self.request.user.has_perm(known) else "summary"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        member = self.object
        today = clock.today(member.branch.time_zone)
        context = {"today": today, "tab": self.tab, "tabs": self.tabs(), "actions": self.actions()}
        context["board_url"] = (
            link_to("scheduling:board", f"?by=caregiver&caregiver={member.pk}")
            if self.request.user.has_perm("scheduling.view_visit")
            else None
        )
        return super().get_context_data(**context, **getattr(self, f"{self.tab}_context")(member, today), **kwargs)

    def tabs(self) -> list[dict[str, Any]]:
        labels = {
            "summary": _("Summary"),
            "credentials": _("Credentials"),
            "availability": _("Availability and time off"),
        }
        return [
            {"label": labels[key], "url": f"?tab={key}", "is_current": key == self.tab}
            for key, permission in self.tab_permissions.items()
            if self.request.user.has_perm(permission)
        ]

    def actions(self) -> list[dict[str, Any]]:
        absent = {
            "label": _("Absent…"),
            "url": reverse("scheduling:absence-create", args=[self.object.pk]),
            "icon": "user-off",
            "dialog": True,
        }
        actions = [absent] if self.request.user.has_perm("scheduling.change_visit") else []
        if self.request.user.has_perm("scheduling.clock_for_other"):
            pin = reverse("scheduling:member-pin", args=[self.object.pk])
            actions.append({"label": _("Telephone PIN…"), "url": pin, "icon": "phone", "dialog": True})
        if not self.request.user.has_perm("staff.change_member"):
            return actions
        edit, status = (reverse(f"staff:{name}", args=[self.object.pk]) for name in ("member-update", "member-status"))
        return [
            *actions,
            {"label": _("Edit"), "url": edit, "icon": "pencil"},
            {"label": _("Change status"), "url": status, "icon": "status-change", "dialog": True},
        ]

    def summary_context(self, member: Member, today: Any) -> dict[str, Any]:
        return {"categories": member.role.scope_labels}

    def credentials_context(self, member: Member, today: Any) -> dict[str, Any]:
        rows = member.credentials.select_related("type", "verified_by").order_by("type__name", "-issued_on")
        held = Credential.objects.filter(member=member).valid_on(today).values("type")
        missing = CredentialType.objects.filter(required_by_roles=member.role).exclude(pk__in=held)
        return {"credentials": rows, "missing": missing}

    def availability_context(self, member: Member, today: Any) -> dict[str, Any]:
        lines = list(Availability.objects.filter(member=member).in_force(today, today))
        week = [(day.label, [line for line in lines if line.weekday == day.value]) for day in Weekday]
        return {
            "week": week,
            "offered": weekly_minutes([(line.weekday, line.starts, line.ends) for line in lines]),
            "later": member.availability.filter(since__gt=today)
            .order_by("since")
            .values_list("since", flat=True)
            .first(),
            "time_off": member.time_off.select_related("decided_by")[:20],
        }


class MemberCreate(FormPage):
    permission = "staff.add_member"
    template_name = "staff/member_form.html"
    form_class = MemberForm
    success_message = gettext_lazy("Hired. Add the credentials and the weekly hours next.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        cancel = reverse("staff:member-list")
        return super().get_context_data(heading=_("Hire a staff member"), cancel_url=cancel, **kwargs)

    def perform(self, form: MemberForm) -> Member:
        return hire_member(by=self.request.user, **form.values)  # type: ignore[arg-type]


class MemberUpdate(ScopedMixin, FormPage):
    model = Member
    permission = "staff.change_member"
    template_name = "staff/member_form.html"
    form_class = MemberForm
    success_message = gettext_lazy("Saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user, "instance": self.scoped_object()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        member = self.scoped_object()
        heading = _("Edit %(name)s") % {"name": member.full_name}
        return super().get_context_data(heading=heading, cancel_url=member.get_absolute_url(), **kwargs)

    def perform(self, form: MemberForm) -> Member:
        return update_member(self.scoped_object(), by=self.request.user, **form.values)  # type: ignore[arg-type]


class MemberStatus(ScopedMixin, FormPage):
    model = Member
    permission = "staff.change_member"
    form_class = MemberStatusForm
    success_message = gettext_lazy("Status changed.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"member": self.scoped_object()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        member = self.scoped_object()
        subtitle = _("%(name)s is %(status)s.") % {
            "name": member.full_name, "status": member.get_status_display().lower(),
        }  # fmt: skip
        cancel = member.get_absolute_url()
        return super().get_context_data(heading=_("Change status"), subtitle=subtitle, cancel_url=cancel, **kwargs)

    def perform(self, form: MemberStatusForm) -> Member:
        return change_status(self.scoped_object(), by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]
