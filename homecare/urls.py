"""Every address of the product: each domain under its name, the caregiver's phone under /care/, the API under /api/."""

from django.contrib import admin
from django.urls import include, path

from homecare import home

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("", include("homecare.reports.urls")),
    path("clients/", include("clients.urls")),
    path("plans/", include("careplans.urls")),
    path("staff/", include("staff.urls")),
    path("", include("scheduling.urls")),
    path("billing/", include("billing.urls")),
    path("inbox/", include("homecare.inbox.urls")),
    path("jobs/", include("homecare.jobs.urls")),
    path("audit/", include("homecare.audit.urls")),
    path("settings/webhooks/", include("homecare.webhooks.urls")),
    path("", include("homecare.accounts.urls")),
    path("api/v1/", include("homecare.api.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("homecare.health_urls")),
    path("", include("homecare.frame_urls")),
]
