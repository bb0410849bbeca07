"""Holiday planning, under /schedule/."""

from django.urls import path

from scheduling.views import holiday

urlpatterns = [
    path("holidays/", holiday.HolidayList.as_view(), name="holiday-list"),
    path("holidays/<int:pk>/", holiday.HolidayDetail.as_view(), name="holiday-detail"),
    path("holidays/<int:pk>/decide/", holiday.HolidayDecide.as_view(), name="holiday-decide"),
]
