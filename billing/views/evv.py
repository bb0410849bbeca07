"""Held visits: a person answers for billing one as it is."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.forms.evv import ReleaseForm
from billing.services.evv_hold import release_visit
from homecare.templatetags.ui import daytime_tag
from homecare.views import FormPage, ScopedMixin
from scheduling.models import Visit


class EvvReleasePage(ScopedMixin, FormPage):
    """In the dialog or as a page; says what is missing beside the reason that is asked for."""

    model = Visit
    permission = "billing.release_incomplete"
    form_class = ReleaseForm
    template_name = "billing/evv_release.html"
    success_message = gettext_lazy("Released. It is charged within minutes.")

    @cached_property
    def visit(self) -> Visit:
        return self.scoped_object()

    def get_queryset(self) -> Any:
        return super().get_queryset().with_people()

    def perform(self, form: Any) -> Any:
        return release_visit(self.visit, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visit = self.visit
        when = daytime_tag(visit.starts_at, visit.ends_at, visit.branch.time_zone)
        return super().get_context_data(
            title=_("Release for billing"),
            subtitle=f"{visit.client.full_name} · {when}",
            submit_label=_("Release"),
            cancel_url=self.get_success_url(),
            missing=visit.evv_missing,
            visit_url=visit.get_absolute_url(),
            **kwargs,
        )

    def get_success_url(self) -> str:
        return f"{reverse('billing:charge-list')}?reason=incomplete"
