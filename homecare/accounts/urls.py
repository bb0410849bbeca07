from django.urls import path

from homecare.accounts.views import agency, branch, invitation, profile, user

app_name = "accounts"
urlpatterns = [
    path("profile/", profile.Profile.as_view(), name="profile"),
    path("profile/tokens/new/", profile.TokenCreate.as_view(), name="token-create"),
    path("profile/tokens/<int:pk>/revoke/", profile.TokenRevoke.as_view(), name="token-revoke"),
    path("settings/", agency.AgencySettings.as_view(), name="settings"),
    path("settings/people/", user.UserList.as_view(), name="user-list"),
    path("settings/people/invite/", user.UserInvite.as_view(), name="user-invite"),
    path("settings/people/<int:pk>/", user.UserUpdate.as_view(), name="user-update"),
    path("settings/people/<int:pk>/deactivate/", user.UserDeactivate.as_view(), name="user-deactivate"),
    path("settings/people/<int:pk>/activate/", user.UserActivate.as_view(), name="user-activate"),
    path("settings/people/<int:pk>/sign-out/", user.UserSignOut.as_view(), name="user-sign-out"),
    path("settings/people/<int:pk>/invite-again/", user.InvitationResend.as_view(), name="invitation-resend"),
    path("settings/people/<int:pk>/withdraw/", user.InvitationRevoke.as_view(), name="invitation-revoke"),
    path("settings/branches/", branch.BranchList.as_view(), name="branch-list"),
    path("settings/branches/new/", branch.BranchCreate.as_view(), name="branch-create"),
    path("settings/branches/<int:pk>/", branch.BranchUpdate.as_view(), name="branch-update"),
    path("settings/branches/<int:pk>/holidays/", branch.HolidayAdd.as_view(), name="holiday-add"),
    path("settings/holidays/<int:pk>/remove/", branch.HolidayRemove.as_view(), name="holiday-remove"),
    path("branch/", branch.BranchSwitch.as_view(), name="branch-switch"),
    path("invitation/<str:token>/", invitation.InvitationAccept.as_view(), name="invitation-accept"),
]
