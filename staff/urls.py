from django.urls import path

from staff.views import availability, credential, member, role, team, time_off

app_name = "staff"
urlpatterns = [
    path("", member.MemberList.as_view(), name="member-list"),
    path("hire/", member.MemberCreate.as_view(), name="member-create"),
    path("<int:pk>/", member.MemberDetail.as_view(), name="member-detail"),
    path("<int:pk>/edit/", member.MemberUpdate.as_view(), name="member-update"),
    path("<int:pk>/status/", member.MemberStatus.as_view(), name="member-status"),
    path("<int:member_pk>/availability/", availability.AvailabilityUpdate.as_view(), name="availability-update"),
    path("<int:member_pk>/credentials/add/", credential.CredentialCreate.as_view(), name="credential-create"),
    path("<int:member_pk>/time-off/add/", time_off.TimeOffCreate.as_view(), name="timeoff-create"),
    path("credentials/", credential.CredentialList.as_view(), name="credential-list"),
    path("credentials/<int:pk>/edit/", credential.CredentialUpdate.as_view(), name="credential-update"),
    path("credentials/<int:pk>/withdraw/", credential.CredentialWithdraw.as_view(), name="credential-withdraw"),
    path("credentials/<int:pk>/verify/", credential.CredentialVerify.as_view(), name="credential-verify"),
    path("time-off/", time_off.TimeOffList.as_view(), name="timeoff-list"),
    path("time-off/mine/", time_off.TimeOffAsk.as_view(), name="timeoff-ask"),
    path("time-off/<int:pk>/withdraw/", time_off.TimeOffWithdraw.as_view(), name="timeoff-withdraw"),
    path("time-off/<int:pk>/approve/", time_off.TimeOffApprove.as_view(), name="timeoff-approve"),
    path("time-off/<int:pk>/decline/", time_off.TimeOffDecline.as_view(), name="timeoff-decline"),
    path("time-off/<int:pk>/cancel/", time_off.TimeOffCancel.as_view(), name="timeoff-cancel"),
    path("teams/", team.TeamList.as_view(), name="team-list"),
    path("teams/new/", team.TeamCreate.as_view(), name="team-create"),
    path("teams/<int:pk>/", team.TeamUpdate.as_view(), name="team-update"),
    path("teams/<int:pk>/dissolve/", team.TeamDissolve.as_view(), name="team-dissolve"),
    path("roles/", role.RoleList.as_view(), name="role-list"),
]
