"""People and access: who may sign in, with which roles, in which branches."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from homecare.accounts.forms.user import AccessForm, InviteForm, UserFilter
from homecare.accounts.models import Invitation, User
from homecare.accounts.services.invitation import invite_person, resend_invitation, revoke_invitation
from homecare.accounts.services.user import change_access, deactivate_user, end_sessions, reactivate_user
from homecare.audit.models import Event
from homecare.views import ActionView, FormPage, ListPage

COLUMNS = [_("Name"), _("Roles"), _("Branches"), _("Two-step sign-in"), _("Last signed in"), _("Access")]


class UserList(ListPage):
    model = User
    permission = "accounts.view_user"
    filterset_class = UserFilter
    template_name = "accounts/user_list.html"
    fragment_name = "accounts/_user_table.html"

    def rows(self, queryset: Any) -> Any:
        return (
            queryset.annotate(
                has_second_factor=Exists(
                    Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
                ),
                is_invited=Exists(Invitation.objects.open().filter(user=OuterRef("pk"))),
            )
            .prefetch_related("groups", "branches")
            .order_by("last_name", "first_name", "email")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(columns=[{"label": label} for label in COLUMNS], **kwargs)


class UserInvite(FormPage):
    permission = "accounts.add_invitation"
    form_class = InviteForm
    success_message = _("The invitation is on its way. The link works for seven days.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "by": self.request.user}

    def perform(self, form: Any) -> Any:
        own = {name: form.cleaned_data[name] for name in ("first_name", "last_name", "phone")}
        by: Any = self.request.user
        return invite_person(form.cleaned_data["email"], by=by, **form.access(), **own)

    def get_success_url(self) -> str:
        return reverse("accounts:user-list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {
            "title": _("Invite somebody"),
            "submit_label": _("Send the invitation"),
            "subtitle": _("They get an e-mail with a link and choose their own password."),
            "cancel_url": reverse("accounts:user-list"),
        }
        return super().get_context_data(**more, **kwargs)


class UserUpdate(FormPage):
    """One person's access, with what was changed about it before."""

    permission = "accounts.change_user"
    form_class = AccessForm
    template_name = "accounts/user_update.html"
    success_message = _("The access is changed and counts at once.")

    @cached_property
    def subject(self) -> User:
        people = User.objects.visible_to(self.request.user).prefetch_related("branches")  # type: ignore[arg-type]
        return get_object_or_404(people, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        initial = {
            "roles": [group.name for group in self.subject.groups.all()],
            "branches": [branch.pk for branch in self.subject.branches.all()],
            "all_branches": self.subject.all_branches,
        }
        return {**super().get_form_kwargs(), "by": self.request.user, "initial": initial}

    def perform(self, form: Any) -> Any:
        return change_access(self.subject, by=self.request.user, **form.access())  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return reverse("accounts:user-update", args=[self.kwargs["pk"]])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subject, by = self.subject, self.request.user
        assert isinstance(by, User)  # noqa: S101 - the page's permission has asked
        more = {
            "subject": subject,
            "is_self": subject.pk == self.request.user.pk,
            "is_invited": Invitation.objects.open().filter(user=subject).exists(),
            "second_factors": Authenticator.objects.filter(user=subject).exclude(
                type=Authenticator.Type.RECOVERY_CODES
            ),
            "events": Event.objects.visible_to(by).about(subject).select_related("user")[:10],
        }
        return super().get_context_data(**more, **kwargs)


class UserAction(ActionView):
    model = User
    permission = "accounts.change_user"

    def get_success_url(self, result: Any) -> str:
        return reverse("accounts:user-update", args=[self.kwargs["pk"]])


class UserDeactivate(UserAction):
    success_message = _("This person can no longer sign in; all their sessions, tokens and calendar links have ended.")

    def perform(self, obj: Any) -> Any:
        return deactivate_user(obj, by=self.request.user)  # type: ignore[arg-type]


class UserActivate(UserAction):
    success_message = _("This person can sign in again.")

    def perform(self, obj: Any) -> Any:
        return reactivate_user(obj, by=self.request.user)  # type: ignore[arg-type]


class UserSignOut(UserAction):
    success_message = _("This person is signed out everywhere.")

    def perform(self, obj: Any) -> Any:
        return end_sessions(obj, by=self.request.user)  # type: ignore[arg-type]


class InvitationResend(UserAction):
    permission = "accounts.add_invitation"
    success_message = _("A new invitation is on its way; the earlier link no longer works.")

    def perform(self, obj: Any) -> Any:
        return resend_invitation(obj, by=self.request.user)  # type: ignore[arg-type]


class InvitationRevoke(UserAction):
    permission = "accounts.add_invitation"
    success_message = _("The invitation is withdrawn.")

    def perform(self, obj: Any) -> Any:
        revoke_invitation(obj, by=self.request.user)  # type: ignore[arg-type]
        return obj
