"""The family says how a visit was; managers read what was said."""

from __future__ import annotations

from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from homecare.accounts.branch_choice import current_branch
from homecare.views import FormPage, ListPage
from scheduling.models import Visit, VisitRating
from scheduling.services.rating import rate_visit
from scheduling.wording import span

SCORES = [(5, _("Very good")), (4, _("Good")), (3, _("All right")), (2, _("Not good")), (1, _("Bad"))]


class RatingForm(forms.Form):
    score = forms.TypedChoiceField(label=_("How was the visit?"), coerce=int, choices=SCORES, widget=forms.RadioSelect)
    comment = forms.CharField(
        label=_("Would you like to tell us more?"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The office reads it; the caregiver does not see who wrote it."),
    )


class RatingCreate(FormPage):
    """For the family of the visit's client."""

    permission = "clients.view_portal"
    form_class = RatingForm
    success_url = reverse_lazy("reports:portal")
    success_message = _("Thank you for telling us.")
    extra_context = {"heading": _("How was the visit?"), "submit_label": _("Send")}

    @cached_property
    def visit(self) -> Visit:
        rows = Visit.objects.visible_to(self.request.user).select_related("branch", "client", "caregiver")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        when = span(self.visit.starts_at, self.visit.ends_at, self.visit.branch.time_zone)
        return super().get_context_data(subtitle=when, cancel_url=self.success_url, **kwargs)

    def perform(self, form: Any) -> VisitRating:
        return rate_visit(self.visit, **form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]


class RatingList(ListPage):
    """What families said, low ones marked; `?low` shows those alone."""

    model = VisitRating
    permission = "scheduling.view_visitrating"
    template_name = "scheduling/rating_list.html"
    fragment_name = "scheduling/_rating_table.html"

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(visit__branch=branch) if branch else queryset
        queryset = queryset.low() if "low" in self.request.GET else queryset
        return queryset.select_related("visit__client", "visit__caregiver", "visit__branch", "by")
