"""Patterns of clients under /schedule/: planning, changing by scope or for a while, undoing, ending."""

from django.urls import path

from scheduling.views import schedule, schedule_form, series_change, sharing, temporary_change

urlpatterns = [
    path("patterns/", schedule.ScheduleList.as_view(), name="schedule-list"),
    path("patterns/<int:pk>/", schedule.ScheduleDetail.as_view(), name="schedule-detail"),
    path("patterns/<int:pk>/edit/", schedule_form.ScheduleUpdate.as_view(), name="schedule-update"),
    path("patterns/<int:pk>/share/", sharing.ScheduleShare.as_view(), name="schedule-share"),
    path("visits/<int:pk>/share/", sharing.VisitShare.as_view(), name="visit-share"),
    path("visits/<int:pk>/parts/", sharing.VisitParts.as_view(), name="visit-parts"),
    path("patterns/<int:pk>/end/", schedule.ScheduleEnd.as_view(), name="schedule-end"),
    path(
        "patterns/<int:pk>/temporary/",
        temporary_change.TemporaryChangeCreate.as_view(),
        name="schedule-temporary-change",
    ),
    path(
        "patterns/temporary/<int:pk>/withdraw/",
        temporary_change.TemporaryChangeWithdraw.as_view(),
        name="temporary-change-withdraw",
    ),
    path("patterns/changes/<int:pk>/undo/", series_change.SeriesChangeUndo.as_view(), name="series-change-undo"),
    path("clients/<int:client_pk>/patterns/new/", schedule_form.ScheduleCreate.as_view(), name="schedule-create"),
]
