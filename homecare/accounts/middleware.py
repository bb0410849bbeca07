"""A session ends after idle minutes, and after 12 hours whatever the activity (ASVS 7.3)."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

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
