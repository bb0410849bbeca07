from django.http import Http404
from django.urls import path

app_name = "billing"


def _x(request, **kw):
    raise Http404


urlpatterns = [
    path("invoices/", _x, name="invoice-list"),
    path("charges/", _x, name="charge-list"),
    path("i/<str:token>/", _x, name="invoice-link"),
    path("invoices/<int:pk>/", _x, name="invoice-detail"),
    path("payments/<int:pk>/", _x, name="payment-detail"),
    path("payers/<int:pk>/", _x, name="payer-detail"),
]
