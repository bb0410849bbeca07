"""Ratings: the family's form and the managers' list."""

from django.urls import path

from scheduling.views import rating

urlpatterns = [
    path("family/visits/<int:pk>/rate/", rating.RatingCreate.as_view(), name="rating-create"),
    path("schedule/ratings/", rating.RatingList.as_view(), name="rating-list"),
]
