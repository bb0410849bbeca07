"""Messages to everybody concerned, under /schedule/."""

from django.urls import path

from scheduling.views import broadcast

urlpatterns = [
    path("messages/", broadcast.BroadcastList.as_view(), name="broadcast-list"),
    path("messages/new/", broadcast.BroadcastCreate.as_view(), name="broadcast-create"),
    path("messages/<int:pk>/", broadcast.BroadcastDetail.as_view(), name="broadcast-detail"),
]
