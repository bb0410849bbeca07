"""The office's schedule under /schedule/, and the caregiver's pages (urls_field) under one namespace."""

from django.urls import include, path

from scheduling.views import absence, board, offer, roster, visit, visit_change

app_name = "scheduling"
office = [
    path("", board.BoardPage.as_view(), name="board"),
    path("visits/", visit.VisitList.as_view(), name="visit-list"),
    path("visits/new/", visit_change.VisitCreate.as_view(), name="visit-create"),
    path("visits/unfilled/", visit.UnfilledPage.as_view(), name="visit-unfilled"),
    path("visits/<int:pk>/", visit.VisitDetail.as_view(), name="visit-detail"),
    path("visits/<int:pk>/edit/", visit_change.VisitUpdate.as_view(), name="visit-update"),
    path("visits/<int:pk>/move/", visit_change.VisitMove.as_view(), name="visit-move"),
    path("visits/<int:pk>/assign/", visit_change.VisitAssign.as_view(), name="visit-assign"),
    path("visits/<int:pk>/cancel/", visit_change.VisitCancel.as_view(), name="visit-cancel"),
    path("visits/<int:pk>/suggestions/", visit.VisitSuggestions.as_view(), name="visit-suggestions"),
    path("visits/<int:pk>/offer/", offer.VisitOffer.as_view(), name="visit-offer"),
    path("patterns/<int:pk>/offer/", offer.ScheduleOffer.as_view(), name="schedule-offer"),
    path("rosters/", roster.RosterList.as_view(), name="roster-list"),
    path("rosters/new/", roster.RosterCreate.as_view(), name="roster-create"),
    path("rosters/<int:pk>/", roster.RosterDetail.as_view(), name="roster-detail"),
    path("rosters/<int:pk>/figures/", roster.RosterFigures.as_view(), name="roster-figures"),
    path("rosters/<int:pk>/progress/", roster.RosterProgress.as_view(), name="roster-progress"),
    path("rosters/<int:pk>/finish/", roster.RosterFinish.as_view(), name="roster-finish"),
    path("rosters/<int:pk>/apply/", roster.RosterApply.as_view(), name="roster-apply"),
    path("rosters/<int:pk>/plan-again/", roster.RosterReplan.as_view(), name="roster-plan-again"),
    path("rosters/<int:pk>/discard/", roster.RosterDiscard.as_view(), name="roster-discard"),
    path("rosters/<int:pk>/lines/<int:line_pk>/", roster.RosterLineUpdate.as_view(), name="roster-line"),
    path("absences/", absence.AbsenceList.as_view(), name="absence-list"),
    path("absences/new/<int:member_pk>/", absence.AbsenceCreate.as_view(), name="absence-create"),
    path("absences/<int:pk>/", absence.AbsenceDetail.as_view(), name="absence-detail"),
    path("absences/<int:pk>/proposals/", absence.AbsenceProposals.as_view(), name="absence-proposals"),
    path("absences/<int:pk>/cover/", absence.AbsenceCover.as_view(), name="absence-cover"),
    path("offers/", offer.OfferList.as_view(), name="offer-list"),
    path("offers/<int:pk>/", offer.OfferDetail.as_view(), name="offer-detail"),
    path("offers/<int:pk>/withdraw/", offer.OfferWithdraw.as_view(), name="offer-withdraw"),
    path("offers/<int:pk>/answers/<int:answer_pk>/", offer.OfferChoose.as_view(), name="offer-choose"),
    path("clients/<int:client_pk>/", visit.ClientVisits.as_view(), name="client-visits"),
]
urlpatterns = [
    path("schedule/settings/", include("scheduling.urls_settings")),
    path("schedule/", include("scheduling.urls_schedule")),
    path("schedule/", include("scheduling.urls_board")),
    path("schedule/", include("scheduling.urls_appointment")),
    path("schedule/", include("scheduling.urls_waiting")),
    path("schedule/", include("scheduling.urls_broadcast")),
    path("schedule/", include("scheduling.urls_holiday")),
    path("schedule/", include("scheduling.urls_capacity")),
    path("schedule/", include(office)),
    path("schedule/rotations/", include("scheduling.urls_rotation")),
    path("", include("scheduling.urls_rating")),
    path("", include("scheduling.urls_publication")),
    path("", include("scheduling.urls_feed")),
    path("", include("scheduling.urls_field")),
    path("", include("scheduling.urls_evv")),
]
