from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.models import ReasonCode, VisitException

MOST_BYTES = 500_000


class ReasonCodeForm(forms.ModelForm):
    """One code of a payer's table."""

    suggests = forms.MultipleChoiceField(
        label=_("Offered first for"),
        choices=VisitException.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ReasonCode
        fields = ["set_name", "code", "kind", "text", "needs_memo", "suggests", "is_active"]
        labels = {
            "set_name": _("Set"),
            "code": _("Code"),
            "kind": _("What it says"),
            "text": _("Words"),
            "needs_memo": _("Needs an explanation"),
            "is_active": _("In use"),
        }
        help_texts = {"set_name": _("The payer's or state's table, for example Texas.")}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("set_name", "code", "kind"):
                del self.fields[name]
        else:
            del self.fields["is_active"]


class ImportForm(forms.Form):
    """A table of codes as a file."""

    file = forms.FileField(
        label=_("CSV file"), help_text=_("Columns: set, code, text, kind (reason or action), needs_memo, suggests.")
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is too large for a table of codes."))
        return bytes(file.read())
