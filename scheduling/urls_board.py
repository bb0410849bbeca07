"""What the board asks besides its pages."""

from django.urls import path

from scheduling.views import board_live, board_place

urlpatterns = [
    path("board/changes/", board_live.BoardChanges.as_view(), name="board-changes"),
    path("board/undo/", board_place.BoardUndo.as_view(), name="board-undo"),
    path("board/visits/<int:pk>/place/", board_place.VisitPlace.as_view(), name="visit-place"),
    path("board/visits/<int:pk>/verdicts/", board_place.VisitVerdicts.as_view(), name="visit-verdicts"),
]
