"""Calendar addresses of offices, clients and families; a caregiver's own are with the phone pages."""

from django.urls import path

from scheduling.views import calendar

urlpatterns = [
    path("schedule/calendars/", calendar.CalendarList.as_view(), name="calendar-list"),
    path("schedule/calendars/new/", calendar.OfficeCalendarCreate.as_view(), name="calendar-create"),
    path(
        "schedule/clients/<int:pk>/calendar/new/",
        calendar.ClientCalendarCreate.as_view(),
        name="calendar-create-client",
    ),
    path("schedule/calendars/<int:pk>/revoke/", calendar.CalendarRevoke.as_view(), name="calendar-revoke"),
    path("family/calendar/", calendar.FamilyCalendar.as_view(), name="family-calendar"),
    path("family/calendar/<int:pk>/new/", calendar.FamilyCalendarCreate.as_view(), name="family-calendar-create"),
    path("family/calendar/<int:pk>/revoke/", calendar.FamilyCalendarRevoke.as_view(), name="family-calendar-revoke"),
]
