"""The office decides on the times a caregiver proposes."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from scheduling.forms.approval import ReasonForm, WhyForm
from scheduling.models import VisitCorrection
from scheduling.services.correction import accept_correction, decline_correction
from scheduling.views.approval import APPROVE, DecisionPage


class CorrectionPage(DecisionPage):
    """The proposal beside the punches, with the signature."""

    model = VisitCorrection
    permission = APPROVE
    template_name = "scheduling/correction_decide.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("visit__branch", "visit__client", "visit__caregiver", "member")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        punches = self.visit.clock_events.order_by("at")
        return super().get_context_data(correction=self.row, visit=self.visit, punches=punches, **kwargs)


class CorrectionAccept(CorrectionPage):
    form_class = ReasonForm
    needs_visit = True
    title = gettext_lazy("Approve the proposed times")
    submit_label = gettext_lazy("Accept and approve")
    success_message = gettext_lazy("Accepted. The visit is approved with these times; the punches stay as they are.")

    def perform(self, form: Any) -> VisitCorrection:
        return accept_correction(self.row, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]


class CorrectionDecline(CorrectionPage):
    form_class = WhyForm
    title = gettext_lazy("Decline the proposed times")
    submit_label = gettext_lazy("Decline")
    success_message = gettext_lazy("Declined. The caregiver reads your sentence.")

    def perform(self, form: Any) -> VisitCorrection:
        return decline_correction(self.row, answer=form.cleaned_data["reason"], by=self.request.user)  # type: ignore[arg-type]
