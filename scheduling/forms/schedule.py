"""The pattern as a form, and back: days, times, who regularly comes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from homecare.clock import monday_of
from scheduling.forms.fields import CaregiverField, caregivers_of, day_field, minutes_field, override_field, time_field
from scheduling.models import Schedule, ServiceType
from scheduling.pattern import LAST_MINUTE, Assignment, Pattern
from scheduling.recurrence import MAX_INTERVAL, Recurrence, parse
from scheduling.series import Scope

WEEKLY, DAILY, MONTHLY_DAY, MONTHLY_WEEKDAY = "weekly", "daily", "month_day", "month_weekday"
REPEATS = [
    (WEEKLY, _("Every week on chosen days")),
    (DAILY, _("Every day")),
    (MONTHLY_DAY, _("Every month on the same date")),
    (MONTHLY_WEEKDAY, _("Every month on the same weekday")),
]
DAYS = [(str(number), name) for number, name in WEEKDAYS.items()]
SHORT_DAYS = [(str(number), name) for number, name in WEEKDAYS_ABBR.items()]
TIMES = [(1, _("the first time")), (2, _("the second time")), (3, _("the third time")), (4, _("the fourth time"))]
EXTRA_TIMES = 3
WEEKS = [(1, _("every week"))] + [(n, _("every %(n)s weeks") % {"n": n}) for n in range(2, MAX_INTERVAL + 1)]
PLACES = [(number, number) for number in range(1, 5)]
ASSIGNMENT_ROWS = 4
SAME_NAMES = (
    "timing",
    "window_start",
    "window_end",
    "sleep_start",
    "sleep_end",
    "skips_holidays",
    "handover_note",
)


class ScheduleForm(forms.Form):
    """A client's pattern. `pattern(assignments)` is what the services understand."""

    service_type = forms.ModelChoiceField(ServiceType.objects.filter(is_active=True), label=_("Service"))
    repeats = forms.ChoiceField(label=_("Repeats"), choices=REPEATS, initial=WEEKLY)
    weekdays = forms.MultipleChoiceField(
        label=_("Days"), choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    interval = forms.IntegerField(
        label=_("Every … weeks, days or months"), min_value=1, max_value=MAX_INTERVAL, initial=1
    )
    start_time = time_field(_("Start"))
    duration_minutes = minutes_field()
    head_count = forms.IntegerField(label=_("Caregivers at the same time"), min_value=1, max_value=4, initial=1)
    starts_on = day_field(_("First day"))
    ends_on = day_field(_("Last day"), required=False, help_text=_("Empty: until further notice."))
    timing = forms.ChoiceField(
        label=_("How firm is the time?"), choices=Schedule.Timing.choices, initial="exact", required=False
    )
    window_start = time_field(_("Earliest start"), required=False)
    window_end = time_field(_("Latest start"), required=False)
    sleep_start = time_field(_("Sleep from"), required=False, help_text=_("Sleepover and live-in care only."))
    sleep_end = time_field(_("Sleep until"), required=False)
    skips_holidays = forms.BooleanField(
        label=_("Not on holidays"), required=False, help_text=_("Holidays of the branch; a removed one comes back.")
    )
    note = forms.CharField(label=_("Note for the caregiver"), required=False, max_length=300)
    handover_note = forms.CharField(
        label=_("At handover"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What one caregiver tells the next when they take turns."),
    )
    override_reason = override_field()

    def clean_timing(self) -> str:
        return self.cleaned_data["timing"] or Schedule.Timing.EXACT

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("repeats") == WEEKLY and not data.get("weekdays") and "weekdays" not in self.errors:
            self.add_error("weekdays", _("Choose at least one day."))
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day is before the first."))
        if data.get("timing") == Schedule.Timing.WINDOW and not (data.get("window_start") and data.get("window_end")):
            self.add_error("window_start", _("Enter the earliest and the latest start."))
        if bool(data.get("sleep_start")) != bool(data.get("sleep_end")):
            self.add_error("sleep_start", _("Enter when sleep begins and ends."))
        return data

    @property
    def window(self) -> tuple[dt.time, dt.time] | None:
        data = self.cleaned_data
        if data["timing"] == Schedule.Timing.ANYTIME:
            return dt.time(), LAST_MINUTE
        return (data["window_start"], data["window_end"]) if data["timing"] == Schedule.Timing.WINDOW else None

    @property
    def recurrence(self) -> Recurrence:
        data = self.cleaned_data
        kind, interval, first = data["repeats"], data["interval"], data["starts_on"]
        if kind == WEEKLY:
            return Recurrence("WEEKLY", interval, tuple(int(day) for day in data["weekdays"]))
        if kind == DAILY:
            return Recurrence("DAILY", interval)
        if kind == MONTHLY_DAY:
            return Recurrence("MONTHLY", interval, month_day=first.day)
        nth = (first.day - 1) // 7 + 1
        return Recurrence("MONTHLY", interval, nth=(nth if nth < 5 else -1, first.weekday()))

    def pattern(self, assignments: tuple[Assignment, ...]) -> Pattern:
        data = self.cleaned_data
        return Pattern(
            rule=self.recurrence.to_text(),
            starts_on=data["starts_on"],
            start_time=data["start_time"],
            duration_minutes=data["duration_minutes"],
            ends_on=data["ends_on"],
            head_count=data["head_count"],
            assignments=assignments,
            window=self.window,
            skips_holidays=data["skips_holidays"],
            sleep=(data["sleep_start"], data["sleep_end"]) if data["sleep_start"] else None,
        )


class ScheduleEditForm(ScheduleForm):
    """A change of a pattern: how far it reaches, and how many visits the person saw affected in the preview."""

    scope = forms.ChoiceField(label=_("Change"), choices=Scope.choices, widget=forms.RadioSelect, initial=Scope.ALL)
    from_on = day_field(_("From the visit on"), required=False, help_text=_("For “this and all following visits”."))
    expected = forms.IntegerField(required=False, widget=forms.HiddenInput)
    leaves_rotation = forms.BooleanField(label=_("Yes, the changed lines leave the rotation"), required=False)
    field_order = ["scope", "from_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("service_type", "starts_on"):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("scope") == Scope.FOLLOWING and not data.get("from_on") and "from_on" not in self.errors:
            self.add_error("from_on", _("Choose the day from which the change counts."))
        return data

    def pattern_of(self, schedule: Schedule, assignments: tuple[Assignment, ...]) -> Pattern:
        self.cleaned_data["starts_on"] = self.cleaned_data.get("from_on") or schedule.starts_on
        return self.pattern(assignments)


class TimeForm(forms.Form):
    """A further time of the same day: split shift, three calls a day, the night half of round-the-clock care."""

    start_time = time_field(_("Start"), required=False)
    duration_minutes = minutes_field(required=False)
    weekdays = forms.MultipleChoiceField(
        label=_("On"),
        choices=SHORT_DAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("No day ticked: the days above. Ticked days make a time of their own, as Wednesdays at 10."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("start_time")) != bool(data.get("duration_minutes")) and not self.errors:
            self.add_error("duration_minutes", _("Enter both the start and the length."))
        return data

    def applied_to(self, first: Pattern) -> Pattern:
        """The first time's pattern at this time and on these days."""
        data = self.cleaned_data
        rule = first.rule
        if data["weekdays"]:
            days = tuple(int(day) for day in data["weekdays"])
            rule = replace(parse(rule), frequency="WEEKLY", weekdays=days, month_day=None, nth=None).to_text()
        start, minutes = data["start_time"], data["duration_minutes"]
        return replace(first, rule=rule, start_time=start, duration_minutes=minutes, window=None, sleep=None)


TimeFormSet = forms.formset_factory(TimeForm, extra=EXTRA_TIMES, max_num=EXTRA_TIMES)


class AssignmentForm(forms.Form):
    """One line of who regularly comes."""

    member = CaregiverField(label=_("Caregiver"), empty_label=_("Nobody"))
    weekdays = forms.MultipleChoiceField(
        label=_("On"),
        choices=SHORT_DAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("No day ticked: all days of the pattern."),
    )
    every_weeks = forms.TypedChoiceField(label=_("How often"), choices=WEEKS, coerce=int, required=False)
    since = day_field(_("From"), required=False)
    until = day_field(_("Until"), required=False)
    slot = forms.TypedChoiceField(label=_("Place"), choices=PLACES, coerce=int, required=False)
    time = forms.TypedChoiceField(
        label=_("Time"), choices=[("", _("all times")), *TIMES], coerce=int, required=False, empty_value=None
    )
    days_on = forms.IntegerField(label=_("Days on"), min_value=1, max_value=60, required=False)
    days_off = forms.IntegerField(label=_("Days off"), min_value=1, max_value=180, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("days_on")) != bool(data.get("days_off")):
            self.add_error("days_off", _("A rotation has days on and days off."))
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return data

    def assignment(self, starts_on: dt.date) -> Assignment:
        data = self.cleaned_data
        return Assignment(
            member_id=data["member"].pk,
            slot=data["slot"] or 1,
            weekdays=tuple(int(day) for day in data["weekdays"]),
            since=data["since"] or starts_on,
            until=data["until"],
            every_weeks=data["every_weeks"] or 1,
            days_on=data["days_on"] or 0,
            days_off=data["days_off"] or 0,
        )


class AssignmentLines(forms.BaseFormSet):
    """The caregivers of a pattern; all lines share one query of whom this person may plan."""

    def __init__(self, *args: Any, user: Any, branch_id: int, **kwargs: Any) -> None:
        self.caregivers = list(caregivers_of(user, branch_id))
        self.queryset = caregivers_of(user, branch_id)
        kwargs["prefix"] = "team"
        super().__init__(*args, **kwargs)

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        field = form.fields["member"]
        field.queryset = self.queryset
        rows = [(row.pk, field.label_from_instance(row)) for row in self.caregivers]
        field.widget.choices = [("", field.empty_label), *rows]
        return form

    def assignments(self, starts_on: dt.date, time: int | None = None) -> tuple[Assignment, ...]:
        """The filled lines of this time of the day; one without a day counts from the first day of the pattern."""
        filled = [form for form in self.forms if form.cleaned_data.get("member")]
        return tuple(
            form.assignment(starts_on) for form in filled if time is None or form.cleaned_data["time"] in (None, time)
        )


AssignmentFormSet = forms.formset_factory(AssignmentForm, formset=AssignmentLines, extra=0, max_num=8)


def initial_of(schedule: Schedule) -> dict[str, Any]:
    """The form of an existing pattern."""
    meaning = parse(schedule.rule)
    repeats = {"WEEKLY": WEEKLY, "DAILY": DAILY}.get(
        meaning.frequency, MONTHLY_DAY if meaning.month_day else MONTHLY_WEEKDAY
    )
    return {
        "service_type": schedule.service_type_id,
        "repeats": repeats,
        "weekdays": [str(day) for day in meaning.weekdays],
        "interval": meaning.interval,
        "start_time": schedule.start_time,
        "duration_minutes": schedule.duration_minutes,
        "head_count": schedule.head_count,
        "starts_on": schedule.starts_on,
        "ends_on": schedule.ends_on,
        "note": schedule.note,
    } | {name: getattr(schedule, name) for name in SAME_NAMES}


def initial_lines(schedule: Schedule | None = None) -> list[dict[str, Any]]:
    """The lines of who comes, filled up with empty ones."""
    rows = [] if schedule is None else list(schedule.assignment_rules.all())
    lines = [
        {
            "member": row.member_id,
            "weekdays": [str(day) for day in row.weekdays],
            "every_weeks": row.every_weeks,
            "since": row.since if row.every_weeks > 1 or row.days_on or row.since != row.schedule.starts_on else None,
            "slot": row.slot,
            "until": row.until,
            "days_on": row.days_on or None,
            "days_off": row.days_off or None,
        }
        for row in rows
    ]
    return lines + [{} for _number in range(max(1, ASSIGNMENT_ROWS - len(lines)))]


class EndForm(forms.Form):
    ends_on = day_field(_("Last day"), help_text=_("Visits after it that have not begun are cancelled."))
    reason = forms.CharField(label=_("Why does it end?"), max_length=200)


def first_monday(day: dt.date) -> dt.date:
    """The next Monday: most patterns begin with a week."""
    return monday_of(day) + dt.timedelta(days=7)
