"""The calendar feed: its secret address, and the page on which a caregiver makes or stops it."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views import View

from homecare.accounts.models import Agency
from homecare.views import Page
from scheduling.calendar_feed import calendar_of, entries_of
from scheduling.models import CalendarFeed
from scheduling.services.feed import create_feed, open_feed, revoke_feed
from scheduling.views.phone import CaregiverMixin


def address_of(secret: str) -> str:
    """What is pasted into a calendar app."""
    return settings.SITE_URL.rstrip("/") + reverse("scheduling:calendar-feed", args=[secret])


class PhoneCalendar(CaregiverMixin, Page):
    """What a calendar address is, and whether this person has one."""

    template_name = "scheduling/phone_calendar.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        feed = CalendarFeed.objects.own(self.person).live().first()
        return super().get_context_data(feed=feed, zone=self.zone, **kwargs)


class PhoneCalendarCreate(CaregiverMixin, View):
    """Makes a new secret address and shows it once."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        feed, secret = create_feed(by=self.person)
        context = {"feed": feed, "address": address_of(secret), "zone": self.zone}
        return render(request, "scheduling/phone_calendar.html", context)


class PhoneCalendarRevoke(CaregiverMixin, View):
    """Stops the address at once."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        revoke_feed(by=self.person)
        messages.success(request, _("The calendar address no longer works."))
        return HttpResponseRedirect(reverse("scheduling:phone-calendar"))


class CalendarFeedFile(View):
    """The file itself: whoever knows the secret reads it; an unknown secret is not found."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        feed = open_feed(token)
        if feed is None:
            raise Http404
        with translation.override(feed.user.language if feed.user else settings.LANGUAGE_CODE):
            entries = entries_of(feed, timezone.now(), settings.SITE_URL)
            body = calendar_of(entries, name=Agency.current().name, site_url=settings.SITE_URL)
        return self.answer(request, body)

    @staticmethod
    def answer(request: HttpRequest, body: bytes) -> HttpResponse:
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        response: HttpResponse = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        if etag in request.headers.get("If-None-Match", ""):
            response = HttpResponseNotModified()
        response["ETag"] = etag
        response["Cache-Control"] = "private, max-age=900"
        return response
