from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from homecare import clock
from homecare.accounts.models import Branch, User
from staff.languages import LANGUAGES
from staff.models import Member

SECTIONS = (
    (
        _("Person"),
        ("first_name", "last_name", "preferred_name", "gender", "phone", "email", "languages"),
    ),
    (_("Employment"), ("branch", "role", "employee_number", "hired_on", "weekly_hours_wanted", "weekly_hours_limit")),
    (
        _("Limits and homes"),
        (
            "weekly_hours_guaranteed",
            "weekly_visits_guaranteed",
            "daily_hours_limit",
            "daily_visits_limit",
            "avoids_pets",
            "avoids_smoke",
            "smokes",
        ),
    ),
    (_("Home base and travel"), ("line1", "city", "state", "postal_code", "latitude", "longitude", "transport")),
)


class HoursField(forms.DecimalField):
    """Hours of a week, or of a day, in half hours."""

    def __init__(self, *, max_value: int = 168, **kwargs: Any):
        super().__init__(min_value=0, max_value=max_value, max_digits=5, decimal_places=1, **kwargs)
        self.widget.attrs["step"] = "0.5"


class MemberForm(forms.ModelForm):
    """The employee record. Hours are entered as hours and kept as minutes."""

    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=list(LANGUAGES.items()), widget=forms.CheckboxSelectMultiple, required=False
    )
    weekly_hours_wanted = HoursField(label=_("Hours wanted a week"))
    weekly_hours_limit = HoursField(label=_("Most hours a week"))
    weekly_hours_guaranteed = HoursField(
        label=_("Hours guaranteed a week"), required=False, help_text=_("Empty: nothing is promised.")
    )
    daily_hours_limit = HoursField(
        label=_("Most hours a day"), max_value=24, required=False, help_text=_("Empty: the agency's limit.")
    )

    class Meta:
        model = Member
        fields = [
            "first_name", "last_name", "preferred_name", "gender", "phone", "email", "languages", "branch", "role",
            "employee_number", "hired_on", "line1", "city", "state", "postal_code", "latitude", "longitude",
            "transport", "weekly_visits_guaranteed", "daily_visits_limit", "avoids_pets", "avoids_smoke", "smokes",
        ]  # fmt: skip
        labels = {
            "line1": _("Street"), "hired_on": _("Hired on"), "postal_code": _("ZIP"),
            "weekly_visits_guaranteed": _("Visits guaranteed a week"),
            "daily_visits_limit": _("Most visits a day"), "avoids_pets": _("No homes with pets"),
            "avoids_smoke": _("No homes where people smoke"), "smokes": _("Smokes"),
        }  # fmt: skip
        help_texts = {
            "daily_visits_limit": _("Empty: the agency's limit."),
            "employee_number": _("Leave empty for the next free number."),
            "latitude": _("For travel times, for example 42.3601."),
            "longitude": _("For example -71.0589."),
        }
        widgets = {
            "hired_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        branches = Branch.objects.visible_to(user).filter(is_active=True)
        self.fields["branch"].queryset = branches  # type: ignore[attr-defined]
        self.fields["weekly_visits_guaranteed"].required = False
        self.fields["employee_number"].required = bool(self.instance.pk)
        self.fields["weekly_hours_wanted"].initial = Decimal(self.instance.weekly_minutes_wanted) / 60
        self.fields["weekly_hours_limit"].initial = Decimal(self.instance.weekly_minutes_limit) / 60
        if self.instance.daily_minutes_limit is not None:
            self.fields["daily_hours_limit"].initial = Decimal(self.instance.daily_minutes_limit) / 60
        if not self.instance.pk and len(branches) == 1:
            self.fields["branch"].initial = branches[0]
            self.fields["hired_on"].initial = clock.today(branches[0].time_zone)

    def sections(self) -> list[tuple[Any, list[Any]]]:
        """(title, fields) in the order of the page."""
        return [(title, [self[name] for name in names]) for title, names in SECTIONS]

    def clean_state(self) -> str:
        return str(self.cleaned_data["state"]).upper()

    def clean(self) -> dict[str, Any]:
        """Both coordinates or none; a latitude without longitude is nowhere."""
        data = super().clean() or {}
        if (data.get("latitude") is None) != (data.get("longitude") is None):
            self.add_error("longitude", _("Enter both latitude and longitude, or neither."))
        for name, most in (("latitude", 90), ("longitude", 180)):
            if data.get(name) is not None and abs(data[name]) > most:
                self.add_error(name, _("This is between −%(most)s and %(most)s.") % {"most": most})
        return data

    @property
    def values(self) -> dict[str, Any]:
        """What the service takes."""
        values = dict(self.cleaned_data)
        values["weekly_minutes_wanted"] = int(values.pop("weekly_hours_wanted") * 60)
        values["weekly_minutes_limit"] = int(values.pop("weekly_hours_limit") * 60)
        values["weekly_minutes_guaranteed"] = int((values.pop("weekly_hours_guaranteed") or 0) * 60)
        values["weekly_visits_guaranteed"] = values["weekly_visits_guaranteed"] or 0
        daily = values.pop("daily_hours_limit")
        values["daily_minutes_limit"] = None if daily is None else int(daily * 60)
        return values


class MemberStatusForm(forms.Form):
    """On leave, back or left, from a day."""

    status = forms.ChoiceField(label=_("Becomes"), widget=forms.RadioSelect)
    on = forms.DateField(
        label=_("From"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("For a person who leaves: the last working day."),
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def __init__(self, *args: Any, member: Member, **kwargs: Any):
        super().__init__(*args, **kwargs)
        allowed = Member.TRANSITIONS[member.status]
        self.fields["status"].choices = [  # type: ignore[attr-defined]
            choice for choice in Member.Status.choices if choice[0] in allowed
        ]
        self.fields["on"].initial = clock.today(member.branch.time_zone)
