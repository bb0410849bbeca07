from __future__ import annotations

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from homecare.inbox.forms import PreferenceForm
from homecare.inbox.kinds import kinds_for
from homecare.inbox.models import Preference
from homecare.inbox.services.preference import save_preferences
from homecare.views import FormPage


class Preferences(FormPage):
    permission = None
    form_class = PreferenceForm
    template_name = "inbox/preferences.html"
    success_url = reverse_lazy("inbox:preferences")
    success_message = _("Your choices are saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        user: Any = self.request.user
        chosen = dict(Preference.objects.filter(user=user).values_list("kind", "channels"))
        return {**super().get_form_kwargs(), "kinds": kinds_for(user), "chosen": chosen, "user": user}

    def perform(self, form: Any) -> Any:
        user: Any = self.request.user
        quiet = {name: form.cleaned_data[name] for name in ("quiet_from", "quiet_until")}
        return save_preferences(user, form.channels(), by=user, **quiet)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=_("What you hear about"), **kwargs)
