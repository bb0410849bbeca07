"""Appointments of clients with outside providers, under /schedule/."""

from django.urls import path

from scheduling.views import appointment

urlpatterns = [
    path(
        "clients/<int:client_pk>/appointments/new/", appointment.AppointmentCreate.as_view(), name="appointment-create"
    ),
    path("appointments/<int:pk>/edit/", appointment.AppointmentUpdate.as_view(), name="appointment-update"),
    path("appointments/<int:pk>/cancel/", appointment.AppointmentCancel.as_view(), name="appointment-cancel"),
]
