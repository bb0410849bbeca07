"""Rotations under /schedule/rotations/."""

from django.urls import path

from scheduling.views import rotation

urlpatterns = [
    path("", rotation.RotationList.as_view(), name="rotation-list"),
    path("new/", rotation.RotationCreate.as_view(), name="rotation-create"),
    path("<int:pk>/", rotation.RotationDetail.as_view(), name="rotation-detail"),
    path("<int:pk>/edit/", rotation.RotationUpdate.as_view(), name="rotation-update"),
    path("<int:pk>/draft/", rotation.RotationDraft.as_view(), name="rotation-draft"),
    path("<int:pk>/shifts/new/", rotation.RotationShiftAdd.as_view(), name="rotation-add-shift"),
    path("<int:pk>/caregivers/new/", rotation.RotationTurnerAdd.as_view(), name="rotation-add-caregiver"),
    path("shifts/<int:pk>/remove/", rotation.RotationShiftRemove.as_view(), name="rotation-shift-remove"),
    path("caregivers/<int:pk>/until/", rotation.RotationTurnerLeave.as_view(), name="rotation-turner-leave"),
    path("caregivers/<int:pk>/remove/", rotation.RotationTurnerRemove.as_view(), name="rotation-turner-remove"),
]
