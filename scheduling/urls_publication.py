"""Publishing the plan, under /schedule/publications/, and the phone's word that it was seen."""

from django.urls import path

from scheduling.views import publication

urlpatterns = [
    path("schedule/publications/", publication.PublicationList.as_view(), name="publication-list"),
    path("schedule/publications/new/", publication.PublicationCreate.as_view(), name="publication-create"),
    path("schedule/publications/<int:pk>/", publication.PublicationDetail.as_view(), name="publication-detail"),
    path("schedule/publications/<int:pk>/remind/", publication.PublicationRemind.as_view(), name="publication-remind"),
    path("schedule/publications/branches/<int:pk>/end/", publication.PublicationEnd.as_view(), name="publication-end"),
    path("care/week/seen/", publication.PhonePlanSeen.as_view(), name="phone-plan-seen"),
]
