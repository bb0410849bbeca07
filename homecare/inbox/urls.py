from django.urls import path

from homecare.inbox.views import notification, preference

app_name = "inbox"
urlpatterns = [
    path("", notification.NotificationList.as_view(), name="notification-list"),
    path("bell/", notification.Bell.as_view(), name="bell"),
    path("read-all/", notification.NotificationReadAll.as_view(), name="notification-read-all"),
    path("<int:pk>/open/", notification.NotificationOpen.as_view(), name="notification-open"),
    path("preferences/", preference.Preferences.as_view(), name="preferences"),
]
