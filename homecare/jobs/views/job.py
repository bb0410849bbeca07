"""A person's background work: the list, one piece of it, its live progress, stopping and trying again."""

from __future__ import annotations

from typing import Any

import django_filters
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from homecare.jobs.models import Job
from homecare.jobs.services.job import cancel_job, retry_job
from homecare.views import ActionView, DetailPage, ListPage


class JobFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(label=_("State"), choices=Job.Status.choices, empty_label=_("All"))

    class Meta:
        model = Job
        fields = ["status"]


class JobList(ListPage):
    model = Job
    permission = "jobs.view_job"
    filterset_class = JobFilter
    template_name = "jobs/job_list.html"
    fragment_name = "jobs/_job_table.html"

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("owner", "branch")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = [{"label": label} for label in (_("Work"), _("State"), _("Asked for by"), _("Asked for"))]
        return super().get_context_data(columns=columns, **kwargs)


class OwnJobMixin:
    """Finds the job of the URL among those this person may see; the address holds no guessable number."""

    kwargs: dict[str, Any]

    def scoped_object(self, **lookup: Any) -> Any:
        jobs = Job.objects.visible_to(self.request.user).select_related("owner", "branch")  # type: ignore[attr-defined]
        return get_object_or_404(jobs, public_id=self.kwargs["public_id"])

    def get_object(self, queryset: Any = None) -> Any:
        return self.scoped_object()


class JobDetail(OwnJobMixin, DetailPage):
    model = Job
    permission = None
    template_name = "jobs/job_detail.html"


class JobProgress(OwnJobMixin, DetailPage):
    """The fragment a page asks for every second while the work goes on."""

    model = Job
    permission = None
    template_name = "jobs/_job_progress.html"


class JobCancel(OwnJobMixin, ActionView):
    model = Job
    permission = None

    def perform(self, obj: Any) -> Any:
        return cancel_job(obj, by=self.request.user)  # type: ignore[arg-type]


class JobRetry(OwnJobMixin, ActionView):
    model = Job
    permission = None

    def perform(self, obj: Any) -> Any:
        return retry_job(obj, by=self.request.user)  # type: ignore[arg-type]
