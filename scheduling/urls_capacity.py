"""Capacity, under /schedule/."""

from django.urls import path

from scheduling.views import capacity

urlpatterns = [
    path("capacity/", capacity.Capacity.as_view(), name="capacity"),
    path("capacity/hour/", capacity.CapacityHour.as_view(), name="capacity-hour"),
]
