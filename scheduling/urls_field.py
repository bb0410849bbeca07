"""Addresses of the field side: the phone under care/, approval under schedule/, calendar feeds."""

from django.urls import path

from scheduling.views import approval, feed, phone, phone_offer, review

urlpatterns = [
    path("care/", phone.PhoneToday.as_view(), name="phone-today"),
    path("care/week/", phone.PhoneWeek.as_view(), name="phone-week"),
    path("care/visits/<int:pk>/", phone.PhoneVisit.as_view(), name="phone-visit"),
    *[
        path(
            f"care/visits/<int:pk>/{kind.replace('_', '-')}/",
            phone.PhoneAct.as_view(),
            {"kind": kind},
            name=f"phone-{kind.replace('_', '-')}",
        )
        for kind in phone.BODIES
    ],
    path("care/offers/", phone_offer.PhoneOffers.as_view(), name="phone-offers"),
    path(
        "care/offers/<int:pk>/accept/",
        phone_offer.PhoneOfferAnswer.as_view(),
        {"answer": "accept"},
        name="phone-offer-accept",
    ),
    path(
        "care/offers/<int:pk>/decline/",
        phone_offer.PhoneOfferAnswer.as_view(),
        {"answer": "decline"},
        name="phone-offer-decline",
    ),
    path("care/events/", phone.PhoneEventInbox.as_view(), name="phone-event"),
    path("care/waiting/", phone.PhoneEventsWaiting.as_view(), name="phone-events-waiting"),
    path("care/calendar/", feed.PhoneCalendar.as_view(), name="phone-calendar"),
    path("care/calendar/new/", feed.PhoneCalendarCreate.as_view(), name="phone-calendar-create"),
    path("care/calendar/revoke/", feed.PhoneCalendarRevoke.as_view(), name="phone-calendar-revoke"),
    path("care/sw.js", phone.ServiceWorker.as_view(), name="phone-worker"),
    path("care/manifest.webmanifest", phone.Manifest.as_view(), name="phone-manifest"),
    path("calendar/<str:token>.ics", feed.CalendarFeedFile.as_view(), name="calendar-feed"),
    path("schedule/approval/", approval.ApprovalList.as_view(), name="visit-approval"),
    path("schedule/approval/approve/", approval.VisitApprove.as_view(), name="visit-approve"),
    path("schedule/approval/<int:pk>/adjust/", approval.VisitAdjust.as_view(), name="visit-adjust"),
    path("schedule/approval/<int:pk>/clock/", approval.VisitClock.as_view(), name="visit-clock"),
    path("schedule/approval/<int:pk>/close/", approval.VisitClose.as_view(), name="visit-close"),
    path("schedule/approval/<int:pk>/missed/", approval.VisitMissed.as_view(), name="visit-missed"),
    path("schedule/approval/<int:pk>/restore/", approval.VisitRestore.as_view(), name="visit-restore"),
    path("schedule/approval/<int:pk>/reopen/", approval.VisitReopen.as_view(), name="visit-reopen"),
    path("schedule/approval/exceptions/<int:pk>/", approval.ExceptionResolve.as_view(), name="exception-resolve"),
    path("schedule/review/", review.ReviewList.as_view(), name="review-list"),
    path("schedule/review/<int:pk>/apply/", review.ReviewApply.as_view(), name="review-apply"),
    path("schedule/review/<int:pk>/done/", review.ReviewDone.as_view(), name="review-done"),
]
FIELD_URLS = urlpatterns
