"""A person's own page: name, language, colours, sign-in, tokens, calendar, what they hear about."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from homecare.accounts.forms.token import TokenForm
from homecare.accounts.forms.user import ProfileForm
from homecare.accounts.models import PersonalToken, User
from homecare.accounts.services.token import create_token, revoke_token
from homecare.accounts.services.user import update_profile
from homecare.context import THEME_COOKIE
from homecare.views import ActionView, FormPage

YEAR = 60 * 60 * 24 * 365


def _calendar_url(user: Any) -> str | None:
    """The page where caregivers make their calendar address; it and the staff record belong to apps above this one."""
    if not user.has_perm("scheduling.work_visit") or getattr(user, "member", None) is None:
        return None
    try:
        return reverse("scheduling:phone-calendar")
    except NoReverseMatch:
        return None


class Profile(FormPage):
    permission = None
    form_class = ProfileForm
    template_name = "accounts/profile.html"
    success_message = _("Your profile is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        # A copy from the database: what is typed wrong must not show as the name in the frame.
        kwargs["instance"] = User.objects.get(email=self.request.user.email)  # type: ignore[union-attr]
        kwargs["initial"] = {"theme": self.request.COOKIES.get(THEME_COOKIE, User.Theme.AUTO)}
        return kwargs

    def perform(self, form: Any) -> Any:
        fields = dict(form.cleaned_data)
        self.theme = fields.pop("theme")
        return update_profile(self.request.user, by=self.request.user, **fields)  # type: ignore[arg-type]

    def succeed(self) -> HttpResponse:
        response = super().succeed()
        if self.theme == User.Theme.AUTO:
            response.delete_cookie(THEME_COOKIE, samesite="Lax")
        else:
            response.set_cookie(THEME_COOKIE, self.theme, max_age=YEAR, samesite="Lax", secure=settings.HTTPS)
        language = self.result.language
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax")
        return response

    def get_success_url(self) -> str:
        return reverse("accounts:profile")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        factors = Authenticator.objects.filter(user=user).values_list("type", flat=True)
        more = {
            "title": _("My profile"),
            "tokens": PersonalToken.objects.visible_to(user).live(),
            "may_use_api": user.sees_branch_rows,
            "has_second_factor": any(kind != Authenticator.Type.RECOVERY_CODES for kind in factors),
            "calendar_url": _calendar_url(user),
        }
        return super().get_context_data(**more, **kwargs)


class TokenCreate(FormPage):
    """Makes a token for one's own use and shows it this one time."""

    permission = "accounts.see_branch_rows"
    form_class = TokenForm

    def perform(self, form: Any) -> Any:
        user: Any = self.request.user
        data = form.cleaned_data
        return create_token(user, data["name"], scope=data["scope"], expires_on=form.expires_at(), by=user)

    def succeed(self) -> HttpResponse:
        token, secret = self.result
        page = {"token": token, "secret": secret, "title": _("Your new token")}
        return self.response_class(self.request, ["accounts/token_created.html"], page)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {
            "title": _("New API token"),
            "submit_label": _("Make the token"),
            "subtitle": _("A program that holds it acts with your rights."),
            "cancel_url": reverse("accounts:profile"),
        }
        return super().get_context_data(**more, **kwargs)


class TokenRevoke(ActionView):
    model = PersonalToken
    permission = None
    success_message = _("The token is revoked; no request with it is answered any more.")

    def perform(self, obj: Any) -> Any:
        return revoke_token(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return reverse("accounts:profile")
