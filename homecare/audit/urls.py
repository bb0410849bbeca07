from django.urls import path

from homecare.audit.views import event

app_name = "audit"
urlpatterns = [
    path("", event.EventList.as_view(), name="event-list"),
    path("clients/<int:client_pk>/", event.ClientTrail.as_view(), name="client-trail"),
]
