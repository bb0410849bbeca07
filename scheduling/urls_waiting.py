"""The waiting list, under /schedule/."""

from django.urls import path

from scheduling.views import waiting

urlpatterns = [
    path("waiting/", waiting.WaitingList.as_view(), name="waiting-list"),
    path("waiting/new/", waiting.WaitingCreate.as_view(), name="waiting-create"),
    path("waiting/<int:pk>/", waiting.WaitingDetail.as_view(), name="waiting-detail"),
    path("waiting/<int:pk>/edit/", waiting.WaitingUpdate.as_view(), name="waiting-update"),
    path("waiting/<int:pk>/leave/", waiting.WaitingLeave.as_view(), name="waiting-leave"),
    path("waiting/<int:pk>/take-back/", waiting.WaitingTakeBack.as_view(), name="waiting-take-back"),
]
