"""The page of all placement rules: what each means, an example in its own words, and what the agency makes of it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Agency
from homecare.accounts.services.agency import save_settings
from homecare.audit.models import Event
from homecare.stale import RefuseStale
from homecare.views import FormPage
from scheduling.forms.rule import RuleForm
from scheduling.models import TrainingRequirement


class RuleSettings(RefuseStale, FormPage):
    """Rules by subject; what equals a rule's own default is not kept."""

    permission = "accounts.change_agency"
    form_class = RuleForm
    template_name = "scheduling/rule_settings.html"
    success_url = reverse_lazy("scheduling:rule-settings")
    success_message = _("The rules are saved and count from now on.")

    trail_names = ("rule_severities", "rule_numbers")

    @property
    def guarded(self) -> Agency:
        return Agency.current()

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "agency": Agency.current()}

    def perform(self, form: Any) -> Agency:
        return save_settings(form.values(), by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        trainings = TrainingRequirement.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        return super().get_context_data(
            trainings=trainings.select_related("training", "service_type"),
            events=Event.objects.about(Agency(pk=1)).select_related("user")[:8],
            **kwargs,
        )
