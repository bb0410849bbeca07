"""A session ends after idle minutes, and after 12 hours whatever the activity (ASVS 7.3)."""

from __future__ import annotations

import time
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from homecare.accounts.current_agency import agency_of

SEEN, BEGAN = "seen_at", "began_at"
# A page that refreshes itself is not a person at work: its polling does not keep a session alive.
POLLED_HEADER = "HX-Trigger-Poll"


class SessionAgeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._end_or_touch(request)
        return self.get_response(request)

    @staticmethod
    def _end_or_touch(request: HttpRequest) -> None:
        moment = int(time.time())
        began = request.session.setdefault(BEGAN, moment)
        seen = request.session.get(SEEN, moment)
        on_phone = request.path.startswith("/care/")
        idle = 60 * (settings.SESSION_IDLE_MINUTES_PHONE if on_phone else settings.SESSION_IDLE_MINUTES)
        if moment - seen > idle or moment - began > settings.SESSION_COOKIE_AGE:
            logout(request)
        elif moment - seen >= 60 and POLLED_HEADER not in request.headers:
            request.session[SEEN] = moment  # at most one write a minute
        elif SEEN not in request.session:
            request.session[SEEN] = moment


class SecondFactorMiddleware:
    """Where the agency requires it, office people set up two-step sign-in before they go on.

    Signing in and setting up stay reachable, and whoever has set it up is asked no further question in the session.
    """

    PASSED = "second_factor"
    REACHABLE = ("/accounts/", "/static/", "/brand.css", "/healthz", "/readyz", "/metrics")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._must_set_up(request):
            text = _("Your agency asks for two-step sign-in. Set it up here, then go on with your work.")
            messages.warning(request, text)
            return HttpResponseRedirect(reverse("mfa_index"))
        return self.get_response(request)

    def _must_set_up(self, request: HttpRequest) -> bool:
        user = request.user
        if not user.is_authenticated or request.session.get(self.PASSED) or request.path.startswith(self.REACHABLE):
            return False
        if not agency_of(request).require_second_factor or not user.sees_branch_rows:
            return False
        factors = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
        request.session[self.PASSED] = factors.exists()
        return not request.session[self.PASSED]
