"""Which training a service or condition asks for: added in the dialog of the page of rules, removed there."""

from __future__ import annotations

from typing import Any

from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from homecare.views import ActionView, FormPage
from scheduling.forms.training import TrainingForm
from scheduling.models import TrainingRequirement
from scheduling.services.training import require_training, waive_training


class TrainingAdd(FormPage):
    permission = "accounts.change_agency"
    form_class = TrainingForm
    success_url = reverse_lazy("scheduling:rule-settings")
    success_message = _("The training is asked for from now on.")

    def perform(self, form: Any) -> TrainingRequirement:
        return require_training(by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Ask for a training"), cancel_url=reverse("scheduling:rule-settings"), **kwargs
        )


class TrainingRemove(ActionView):
    model = TrainingRequirement
    permission = "accounts.change_agency"
    success_message = _("The training is no longer asked for.")

    def perform(self, obj: TrainingRequirement) -> None:
        waive_training(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return reverse("scheduling:rule-settings")
