from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.fhir.completeness import missing
from clients.forms.referral import AcceptForm, DeclineForm, ReferralFilter, UploadForm
from clients.models import Client, Referral
from clients.nearest_branch import by_distance
from clients.services.referral import accept_referral, decline_referral, reopen_referral
from clients.services.referral_upload import KIND, store_upload
from homecare import clock
from homecare.accounts.models import Branch
from homecare.audit.services.event import record_view
from homecare.jobs.models import Job
from homecare.views import ActionView, DetailPage, FormPage, ListPage, ScopedMixin

SORTS = {
    "name": ("last_name", "first_name"),
    "sender": ("sender",),
    "received": ("received_at",),
    "status": ("status",),
}


class ReferralList(ListPage):
    model = Referral
    permission = "clients.view_referral"
    filterset_class = ReferralFilter
    template_name = "clients/referral_list.html"
    fragment_name = "clients/_referral_table.html"

    def rows(self, queryset: Any) -> Any:
        wanted = self.request.GET.get("sort", "")
        fields = (*SORTS.get(wanted.lstrip("-"), ()), "-received_at", "-id")
        first = f"-{fields[0]}" if wanted.startswith("-") and not fields[0].startswith("-") else fields[0]
        return queryset.select_related("branch").defer("summary", "newer_summary").order_by(first, *fields[1:])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = [
            {"label": _("Name"), "sort": "name"},
            {"label": _("Born")},
            {"label": _("Sent by"), "sort": "sender"},
            {"label": _("Received"), "sort": "received"},
            {"label": _("Source")},
            {"label": _("Status"), "sort": "status"},
        ]
        return super().get_context_data(columns=columns, **kwargs)


class ReferralUpload(FormPage):
    """Several files at once; a job reads them and its page tells each file's outcome."""

    permission = "clients.add_referral"
    form_class = UploadForm
    template_name = "clients/referral_upload.html"

    def perform(self, form: Any) -> Job:
        return store_upload(form.cleaned_data["bundles"], by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return reverse("clients:referral-import", args=[self.result.public_id])


class ReferralImport(DetailPage):
    """How far an upload is and what came of each file; asks again every second until it ends."""

    permission = "clients.add_referral"
    model = Job
    template_name = "clients/referral_import.html"

    def get_object(self, queryset: Any = None) -> Job:
        jobs = Job.objects.visible_to(self.request.user).filter(kind=KIND)
        return get_object_or_404(jobs, public_id=self.kwargs["public_id"])

    def get_template_names(self) -> list[str]:
        return ["clients/_referral_import.html" if self.request.htmx else self.template_name]  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = [{"label": label} for label in (_("File"), _("Outcome"), _("Person"))]
        rows = self.object.result.get("files", [])
        return super().get_context_data(job=self.object, columns=columns, files=rows, **kwargs)


class ReferralDetail(DetailPage):
    """The review: what was read, what is missing, who it may already be; then accept or decline."""

    model = Referral
    permission = "clients.view_referral"
    template_name = "clients/referral_detail.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("branch", "client", "decided_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        record_view(self.object, by=user, what="review")
        summary = self.object.read
        home = summary.address.place if summary.address else None
        branches: Any = Branch.objects.visible_to(user).filter(is_active=True) if home else []
        twins = Client.objects.visible_to(user).select_related("branch")
        found = twins.same_person(
            summary.first_name, summary.last_name, summary.birth_on, summary.medical_record_number
        ).exclude(pk=self.object.client_id)
        return super().get_context_data(
            referral=self.object,
            summary=summary,
            gaps=missing(summary, clock.now().date()),
            nearest=next(iter(by_distance(branches, home)), None),
            twins=found[:3],
            **kwargs,
        )


class OneReferral(ScopedMixin):
    """The referral of the URL, among those this person sees."""

    model = Referral

    def get_referral(self) -> Referral:
        if not hasattr(self, "_referral"):
            self._referral: Referral = self.scoped_object()
        return self._referral


class ReferralAccept(OneReferral, FormPage):
    permission = "clients.accept_referral"
    form_class = AcceptForm
    success_message = gettext_lazy("Accepted. Next: assess, plan, schedule — the steps stand on this page.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user, "referral": self.get_referral()}

    def perform(self, form: Any) -> Client:
        return accept_referral(
            self.get_referral(),
            branch=form.cleaned_data["branch"],
            by=self.request.user,  # type: ignore[arg-type]
            birth_on=form.birth_date(),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        referral = self.get_referral()
        return super().get_context_data(
            heading=_("Accept %(name)s") % {"name": referral.full_name},
            subtitle=_("A chart is opened with all that was read; the person is then in assessment."),
            submit_label=_("Accept"),
            submit_icon="check",
            cancel_url=referral.get_absolute_url(),
            **kwargs,
        )


class ReferralDecline(OneReferral, FormPage):
    permission = "clients.accept_referral"
    form_class = DeclineForm
    success_message = gettext_lazy("Declined. Tell the sender; you can reopen it later.")

    def perform(self, form: Any) -> Referral:
        return decline_referral(self.get_referral(), reason=form.cleaned_data["reason"], by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        referral = self.get_referral()
        return super().get_context_data(
            heading=_("Decline %(name)s") % {"name": referral.full_name},
            submit_label=_("Decline"),
            danger=True,
            cancel_url=referral.get_absolute_url(),
            **kwargs,
        )


class ReferralReopen(ActionView):
    model = Referral
    permission = "clients.accept_referral"
    success_message = gettext_lazy("The referral waits for a decision again.")

    def perform(self, obj: Referral) -> Referral:
        return reopen_referral(obj, by=self.request.user)  # type: ignore[arg-type]
