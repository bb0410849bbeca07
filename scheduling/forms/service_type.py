"""A kind of service as the agency describes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.models import ServiceType
from scheduling.services.service_type import FIELDS, has_begun
from staff.models import TaskCategory

COLOURS = [
    (1, _("Blue")), (2, _("Ochre")), (3, _("Teal")), (4, _("Plum")),
    (5, _("Orange")), (6, _("Indigo")), (7, _("Crimson")), (8, _("Green")),
]  # fmt: skip


class ServiceTypeForm(forms.Form):
    """The code is given once; how it is done stays when visits of it have taken place."""

    code = forms.CharField(
        label=_("Code"), max_length=12, help_text=_("Short and lasting: it cannot be changed afterwards.")
    )
    name = forms.CharField(label=_("Name"), max_length=80)
    mode = forms.ChoiceField(
        label=_("How it is done"),
        choices=ServiceType.Mode.choices,
        initial=ServiceType.Mode.IN_PERSON,
        widget=forms.RadioSelect,
        help_text=_(
            "By telephone or video nobody travels and no place is verified. "
            "It stays as it is once a visit has taken place."
        ),
    )
    categories = forms.MultipleChoiceField(
        label=_("The caregiver must be allowed to do"),
        choices=TaskCategory.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Asked whenever a visit is given to somebody from now on; past visits stay as they are. "
            "Live-in care has rules of its own about hours and stays once a visit has taken place."
        ),
    )
    performed = forms.MultipleChoiceField(
        label=_("Tasks of the care plan that are done"),
        choices=TaskCategory.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all of them. Counts for visits that begin from now on."),
    )
    colour = forms.TypedChoiceField(label=_("Colour on the board"), coerce=int, choices=COLOURS, initial=1)
    is_billable = forms.BooleanField(
        label=_("Billed"),
        required=False,
        initial=True,
        help_text=_("Counts also for visits that have no charge yet; charges and invoices stay."),
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        initial=True,
        help_text=_("Switched off, it can no longer be chosen; its patterns and visits go on."),
    )

    def __init__(self, *args: Any, service: ServiceType | None = None, **kwargs: Any) -> None:
        if service is not None:
            kwargs["initial"] = {name: getattr(service, name) for name in FIELDS}
        super().__init__(*args, **kwargs)
        if service is not None:
            del self.fields["code"]
            self.fields["mode"].disabled = has_begun(service)
