"""Visits held until their record is complete."""

from django.urls import path

from billing.views import evv

urlpatterns = [path("unbilled/<int:pk>/release/", evv.EvvReleasePage.as_view(), name="evv-release")]
