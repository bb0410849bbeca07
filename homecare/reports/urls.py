from django.urls import path

from homecare.reports.views import reports

app_name = "reports"
urlpatterns = [
    path("today/", reports.Today.as_view(), name="today"),
    path("dashboard/", reports.Dashboard.as_view(), name="dashboard"),
    path("dashboard/<slug:key>/", reports.FigureRows.as_view(), name="figure"),
    path("search/", reports.Search.as_view(), name="search"),
    path("family/", reports.Portal.as_view(), name="portal"),
    path("family/invoices/", reports.PortalInvoices.as_view(), name="portal-invoices"),
]
