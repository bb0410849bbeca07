from django.urls import path

from clients.views import client, record, referral

app_name = "clients"
urlpatterns = [
    path("", client.ClientList.as_view(), name="client-list"),
    path("new/", client.ClientCreate.as_view(), name="client-create"),
    path("<int:pk>/", client.ClientDetail.as_view(), name="client-detail"),
    path("<int:pk>/edit/", client.ClientUpdate.as_view(), name="client-update"),
    path("<int:pk>/status/", client.ClientStatus.as_view(), name="client-status"),
    path("<int:client_pk>/addresses/new/", record.AddressCreate.as_view(), name="address-create"),
    path("addresses/<int:pk>/edit/", record.AddressUpdate.as_view(), name="address-update"),
    path("<int:client_pk>/contacts/new/", record.ContactCreate.as_view(), name="contact-create"),
    path("contacts/<int:pk>/edit/", record.ContactUpdate.as_view(), name="contact-update"),
    path("contacts/<int:pk>/remove/", record.ContactRemove.as_view(), name="contact-remove"),
    path("<int:client_pk>/team/new/", record.CareTeamAdd.as_view(), name="careteam-add"),
    path("team/<int:pk>/end/", record.CareTeamEnd.as_view(), name="careteam-end"),
    path("<int:client_pk>/preferences/new/", record.PreferenceAdd.as_view(), name="preference-add"),
    path("preferences/<int:pk>/remove/", record.PreferenceRemove.as_view(), name="preference-remove"),
    path("<int:client_pk>/introductions/new/", record.IntroductionAdd.as_view(), name="introduction-add"),
    path("introductions/<int:pk>/remove/", record.IntroductionRemove.as_view(), name="introduction-remove"),
    path("<int:client_pk>/diagnoses/new/", record.DiagnosisCreate.as_view(), name="diagnosis-create"),
    path("diagnoses/<int:pk>/resolve/", record.DiagnosisResolve.as_view(), name="diagnosis-resolve"),
    path("<int:client_pk>/allergies/new/", record.AllergyCreate.as_view(), name="allergy-create"),
    path("allergies/<int:pk>/remove/", record.AllergyRemove.as_view(), name="allergy-remove"),
    path("referrals/", referral.ReferralList.as_view(), name="referral-list"),
    path("referrals/upload/", referral.ReferralUpload.as_view(), name="referral-upload"),
    path("referrals/imports/<uuid:public_id>/", referral.ReferralImport.as_view(), name="referral-import"),
    path("referrals/<int:pk>/", referral.ReferralDetail.as_view(), name="referral-detail"),
    path("referrals/<int:pk>/accept/", referral.ReferralAccept.as_view(), name="referral-accept"),
    path("referrals/<int:pk>/decline/", referral.ReferralDecline.as_view(), name="referral-decline"),
    path("referrals/<int:pk>/reopen/", referral.ReferralReopen.as_view(), name="referral-reopen"),
]
