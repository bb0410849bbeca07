from django.urls import path

from homecare.webhooks.views import endpoint

app_name = "webhooks"
urlpatterns = [
    path("", endpoint.EndpointList.as_view(), name="endpoint-list"),
    path("new/", endpoint.EndpointCreate.as_view(), name="endpoint-create"),
    path("<int:pk>/", endpoint.EndpointDetail.as_view(), name="endpoint-detail"),
    path("<int:pk>/edit/", endpoint.EndpointUpdate.as_view(), name="endpoint-update"),
    path("<int:pk>/rotate/", endpoint.EndpointRotate.as_view(), name="endpoint-rotate"),
    path("<int:pk>/ping/", endpoint.EndpointPing.as_view(), name="endpoint-ping"),
    path("<int:pk>/switch-on/", endpoint.EndpointSwitch.as_view(), {"on": True}, name="endpoint-switch-on"),
    path("<int:pk>/switch-off/", endpoint.EndpointSwitch.as_view(), {"on": False}, name="endpoint-switch-off"),
    path("<int:pk>/redeliver/", endpoint.EndpointRedeliver.as_view(), name="endpoint-redeliver"),
    path("<int:pk>/remove/", endpoint.EndpointRemove.as_view(), name="endpoint-remove"),
    path("dispatches/<int:pk>/redeliver/", endpoint.DispatchRedeliver.as_view(), name="dispatch-redeliver"),
]
