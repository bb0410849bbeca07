from django.urls import path

from homecare.jobs.views import job

app_name = "jobs"
urlpatterns = [
    path("", job.JobList.as_view(), name="job-list"),
    path("<uuid:public_id>/", job.JobDetail.as_view(), name="job-detail"),
    path("<uuid:public_id>/progress/", job.JobProgress.as_view(), name="job-progress"),
    path("<uuid:public_id>/cancel/", job.JobCancel.as_view(), name="job-cancel"),
    path("<uuid:public_id>/retry/", job.JobRetry.as_view(), name="job-retry"),
]
