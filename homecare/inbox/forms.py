from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import User
from homecare.inbox.kinds import Kind
from homecare.inbox.models import Channel

OUTSIDE = [(Channel.EMAIL.value, Channel.EMAIL.label), (Channel.SMS.value, Channel.SMS.label)]


class PreferenceForm(forms.Form):
    """One row of channels per kind, and the quiet hours. What is in the app always stays there to be read."""

    quiet_from = forms.TimeField(
        label=_("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("In these hours e-mails and text messages wait; urgent ones still arrive."),
    )

    def __init__(self, *args: Any, kinds: list[Kind], chosen: dict[str, list[str]], user: User, **kwargs: Any):
        kwargs["initial"] = {"quiet_from": user.quiet_from, "quiet_until": user.quiet_until}
        super().__init__(*args, **kwargs)
        self.kinds = kinds
        self.user = user
        for kind in kinds:
            self.fields[self.name_of(kind)] = forms.MultipleChoiceField(
                label=str(kind.label),
                choices=OUTSIDE,
                required=False,
                initial=chosen.get(kind.name, list(kind.channels)),
                widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
            )

    @staticmethod
    def name_of(kind: Kind) -> str:
        return f"kind-{kind.name}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (cleaned.get("quiet_from") is None) != (cleaned.get("quiet_until") is None):
            self.add_error("quiet_until", _("Enter both times, or neither."))
        texts = any(Channel.SMS in cleaned.get(self.name_of(kind), []) for kind in self.kinds)
        if texts and not self.user.phone:
            self.add_error(None, _("Text messages need your mobile number. Enter it on your profile first."))
        return cleaned

    def channels(self) -> dict[str, list[str]]:
        """kind → channels as chosen, with the app always among them."""
        return {kind.name: [Channel.APP.value, *self.cleaned_data[self.name_of(kind)]] for kind in self.kinds}

    def rows(self) -> list[tuple[Kind, Any]]:
        return [(kind, self[self.name_of(kind)]) for kind in self.kinds]
