"""Electronic visit verification beside the phone: telephone, fixed devices, unmatched punches, reasons, corrections."""

from django.urls import path

from scheduling.views import compliance, correction, fixed_device, punch, telephony

urlpatterns = [
    path("schedule/compliance/", compliance.ComplianceReport.as_view(), name="compliance"),
    path("schedule/compliance/visits/", compliance.ComplianceVisits.as_view(), name="compliance-visits"),
    path("schedule/corrections/<int:pk>/accept/", correction.CorrectionAccept.as_view(), name="correction-accept"),
    path("schedule/corrections/<int:pk>/decline/", correction.CorrectionDecline.as_view(), name="correction-decline"),
    path("schedule/punches/", punch.PunchList.as_view(), name="punch-list"),
    path("schedule/punches/<int:pk>/match/", punch.PunchMatch.as_view(), name="punch-match"),
    path("schedule/punches/<int:pk>/visit/", punch.PunchVisit.as_view(), name="punch-visit"),
    path("schedule/punches/<int:pk>/close/", punch.PunchClose.as_view(), name="punch-close"),
    path("schedule/devices/<int:client_pk>/", fixed_device.DeviceList.as_view(), name="device-list"),
    path("schedule/devices/<int:pk>/remove/", fixed_device.DeviceRemove.as_view(), name="device-remove"),
    path("telephony/twilio/", telephony.TwilioVoice.as_view(), name="twilio-voice"),
    path("schedule/telephone/practice/", telephony.PracticeCall.as_view(), name="practice-call"),
    path("schedule/telephone/pins/<int:pk>/", telephony.MemberPin.as_view(), name="member-pin"),
    path("schedule/telephone/cards/<int:pk>/", telephony.ClientCard.as_view(), name="client-card"),
]
