"""/api/v1/: what every domain's api.py lists in ROUTES, the person behind the call, and the description of it all."""

from importlib import import_module

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from homecare.api.docs import Docs, Schema
from homecare.api.me import Me

MODULES = [
    "homecare.accounts.api",
    "homecare.jobs.api",
    "homecare.inbox.api",
    "homecare.webhooks.api",
    "staff.api",
    "clients.api",
    "careplans.api",
    "scheduling.api",
    "billing.api",
]

app_name = "api"
router = SimpleRouter()
for module in MODULES:
    for prefix, viewset, basename in import_module(module).ROUTES:
        router.register(prefix, viewset, basename=basename)

urlpatterns = [
    path("me/", Me.as_view(), name="me"),
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
    path("", include(router.urls)),
]
