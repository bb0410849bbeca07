"""Rotations: rows of shifts, who takes turns, the draft with its conflicts, and one undo for all of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from homecare.accounts.branch_choice import current_branch
from homecare.audit.services.event import record_view
from homecare.clock import monday_of, today
from homecare.stale import RefuseStale
from homecare.views import ActionView, DetailPage, FormPage, ListPage
from scheduling.forms.rotation import LeaveForm, RotationForm, ShiftForm, TurnerForm
from scheduling.models import Roster, Rotation, RotationShift, RotationTurner, SeriesChange
from scheduling.services.rotation import (
    FRAME,
    add_shift,
    add_turner,
    create_rotation,
    draft_rotation,
    leave_rotation,
    remove_part,
    update_rotation,
)

PLAN = "scheduling.add_roster"
CHANGE = "scheduling.change_schedule"
WEEK = dt.timedelta(days=7)


class RotationList(ListPage):
    model = Rotation
    permission = PLAN
    template_name = "scheduling/rotation_list.html"
    fragment_name = "scheduling/_rotation_table.html"

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(branch=branch) if branch else queryset
        return queryset.select_related("branch").prefetch_related("turners__member").order_by("branch__name", "name")


class RotationCreate(FormPage):
    permission = CHANGE
    form_class = RotationForm
    extra_context = {
        "heading": gettext_lazy("New rotation"),
        "submit_label": gettext_lazy("Begin"),
        "cancel_url": reverse_lazy("scheduling:rotation-list"),
    }

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def perform(self, form: Any) -> Rotation:
        data = form.cleaned_data
        return create_rotation(data.pop("branch"), **data, by=self.request.user)  # type: ignore[arg-type]


class RotationUpdate(FormPage):
    """Its name, weeks and days."""

    permission = CHANGE
    form_class = RotationForm
    extra_context = {"heading": gettext_lazy("Change the rotation"), "submit_label": gettext_lazy("Save")}

    @cached_property
    def rotation(self) -> Rotation:
        return get_object_or_404(Rotation.objects.visible_to(self.request.user), pk=self.kwargs["pk"])  # type: ignore[arg-type]

    def get_form_kwargs(self) -> dict[str, Any]:
        initial = {name: getattr(self.rotation, name) for name in FRAME}
        return super().get_form_kwargs() | {"user": self.request.user, "rotation": self.rotation, "initial": initial}

    def perform(self, form: Any) -> Rotation:
        return update_rotation(self.rotation, form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        url = self.rotation.get_absolute_url()
        return super().get_context_data(subtitle=self.rotation.name, cancel_url=url, **kwargs)


class RotationDetail(DetailPage):
    """The rows, who works which row in the coming weeks, and what was applied."""

    model = Rotation
    permission = PLAN
    template_name = "scheduling/rotation_detail.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("branch")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rotation, user = self.object, self.request.user
        record_view(rotation, by=user, what="rotation")  # type: ignore[arg-type]
        shifts = list(rotation.shifts.select_related("schedule__client", "schedule__service_type"))
        turners = list(rotation.turners.select_related("member", "rotation"))
        first = max(rotation.starts_on, monday_of(today(rotation.branch.time_zone)))
        mondays = [first + n * WEEK for n in range(max(rotation.weeks, 2))]
        changes = SeriesChange.objects.visible_to(user).filter(kind=SeriesChange.Kind.ROTATION)  # type: ignore[arg-type]
        touching = changes.filter(schedule__in=[shift.schedule_id for shift in shifts])
        return super().get_context_data(
            rotation=rotation,
            grid=[(n, [shift for shift in shifts if shift.row == n]) for n in range(1, rotation.weeks + 1)],
            mondays=mondays,
            turns=[(turner, [(monday, _row_on(turner, monday)) for monday in mondays]) for turner in turners],
            rosters=Roster.objects.visible_to(user).filter(rotation=rotation)[:5],  # type: ignore[arg-type]
            changes=touching.select_related("by", "undone_by")[:5],
            client=shifts[0].schedule.client if shifts else None,
            may_change=user.has_perm(CHANGE),
            zone=rotation.branch.time_zone,
            **kwargs,
        )


def _row_on(turner: RotationTurner, monday: dt.date) -> int | None:
    """None while they have not joined yet or have left."""
    if (turner.since and monday < turner.since) or (turner.until and monday > turner.until):
        return None
    return turner.row_on(monday)


class RotationPart(FormPage):
    """Adds something to the rotation of the address."""

    permission = CHANGE

    @cached_property
    def rotation(self) -> Rotation:
        return get_object_or_404(Rotation.objects.visible_to(self.request.user), pk=self.kwargs["pk"])  # type: ignore[arg-type]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user, "rotation": self.rotation}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            subtitle=self.rotation.name, cancel_url=self.rotation.get_absolute_url(), **kwargs
        )


class RotationShiftAdd(RotationPart):
    form_class = ShiftForm
    extra_context = {"heading": gettext_lazy("Add a shift"), "submit_label": gettext_lazy("Add")}

    def perform(self, form: Any) -> RotationShift:
        return add_shift(self.rotation, **_shift(form), by=self.request.user)  # type: ignore[arg-type]


def _shift(form: Any) -> dict[str, Any]:
    return form.cleaned_data | {"slot": int(form.cleaned_data["slot"] or 1)}


class RotationTurnerAdd(RotationPart):
    form_class = TurnerForm
    extra_context = {"heading": gettext_lazy("Add a caregiver"), "submit_label": gettext_lazy("Add")}

    def perform(self, form: Any) -> RotationTurner:
        return add_turner(self.rotation, **form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]


class RotationTurnerLeave(RefuseStale, FormPage):
    permission = CHANGE
    form_class = LeaveForm
    extra_context = {"heading": gettext_lazy("Until when?"), "submit_label": gettext_lazy("Save")}

    @cached_property
    def turner(self) -> RotationTurner:
        rows = RotationTurner.objects.visible_to(self.request.user).select_related("rotation", "member")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def guarded(self) -> RotationTurner:
        return self.turner

    @property
    def recorded_about(self) -> Rotation:
        return self.turner.rotation

    def get_initial(self) -> dict[str, Any]:
        return {"until": self.turner.until}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            subtitle=self.turner.member.full_name, cancel_url=self.turner.get_absolute_url(), **kwargs
        )

    def perform(self, form: Any) -> Rotation:
        return leave_rotation(self.turner, until=form.cleaned_data["until"], by=self.request.user).rotation  # type: ignore[arg-type]


class RotationShiftRemove(ActionView):
    model = RotationShift
    permission = CHANGE

    def perform(self, obj: Any) -> Rotation:
        remove_part(obj, by=self.request.user)  # type: ignore[arg-type]
        return obj.rotation


class RotationTurnerRemove(ActionView):
    model = RotationTurner
    permission = CHANGE

    def perform(self, obj: Any) -> Rotation:
        remove_part(obj, by=self.request.user)  # type: ignore[arg-type]
        return obj.rotation


class RotationDraft(ActionView):
    """Shows what it changes as a roster; nothing is changed before that is applied."""

    model = Rotation
    permission = CHANGE
    success_message = gettext_lazy("This is what the rotation changes. Look through it, then apply it.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("branch")

    def perform(self, obj: Any) -> Roster:
        return draft_rotation(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return result.get_absolute_url()
