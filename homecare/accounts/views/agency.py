from __future__ import annotations

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from homecare.accounts.forms.agency import AgencyForm
from homecare.accounts.models import Agency
from homecare.accounts.services.agency import save_settings
from homecare.audit.models import Event
from homecare.stale import RefuseStale
from homecare.views import FormPage


class AgencySettings(RefuseStale, FormPage):
    """What the agency decides about itself, and who decided it when."""

    permission = "accounts.change_agency"
    form_class = AgencyForm
    template_name = "accounts/settings.html"
    success_url = reverse_lazy("accounts:settings")
    success_message = _("The settings are saved and count from now on.")

    @property
    def guarded(self) -> Agency:
        return Agency.current()

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": Agency.current()}

    def perform(self, form: Any) -> Any:
        return save_settings(form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # The agency has no branch: its events are asked for by row, and the page's permission guards them.
        events = Event.objects.about(Agency(pk=1)).select_related("user")[:15]
        return super().get_context_data(title=_("Agency"), events=events, **kwargs)
