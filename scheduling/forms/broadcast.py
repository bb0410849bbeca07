"""The form of a message to everybody concerned."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.audience import unknown_fields
from scheduling.models import Broadcast


class BroadcastForm(forms.Form):
    topic = forms.ChoiceField(
        label=_("About"),
        choices=Broadcast.Topic.choices,
        help_text=_("E-mails and text messages say only this and lead to the app."),
    )
    audience = forms.ChoiceField(
        label=_("To"), choices=Broadcast.Audience.choices, widget=forms.RadioSelect(attrs={"class": "form-check-input"})
    )
    text = forms.CharField(
        label=_("Message"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Read in the app alone. Fields: {name}, {day} (first visit), {visits} (how many)."),
    )
    is_urgent = forms.BooleanField(label=_("Urgent: do not wait for the end of quiet hours"), required=False)
    expected = forms.CharField(widget=forms.HiddenInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        initial = {"key": uuid.uuid4(), "audience": Broadcast.Audience.BOTH, "topic": Broadcast.Topic.WEATHER}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        wrong = unknown_fields(text)
        if wrong:
            fields = ", ".join(f"{{{name}}}" for name in wrong)
            raise forms.ValidationError(
                _("There is no field %(fields)s. Use {name}, {day} or {visits}.") % {"fields": fields}
            )
        return text
