from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from homecare.accounts.forms.user import PasswordForm
from homecare.accounts.models import Invitation
from homecare.accounts.services.invitation import accept_invitation, find_invitation
from homecare.views import ServiceFormMixin

BACKEND = "homecare.accounts.backend.PermissionBackend"


class InvitationAccept(ServiceFormMixin, FormView):
    """Public: whoever holds the link sets the password of the account it was made for, once."""

    is_public = True
    template_name = "accounts/invitation_accept.html"
    form_class = PasswordForm
    success_message = _("Welcome. Your password is set.")
    invitation: Invitation

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        found = find_invitation(self.kwargs["token"])
        if found is None:
            return render(request, "accounts/invitation_gone.html", status=410)
        self.invitation = found
        return super().dispatch(request, *args, **kwargs)

    def perform(self, form: Any) -> Any:
        user = accept_invitation(self.kwargs["token"], form.cleaned_data["password"])
        login(self.request, user, backend=BACKEND)
        return user

    def get_success_url(self) -> str:
        return reverse("home")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(person=self.invitation.user, **kwargs)
