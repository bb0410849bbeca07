"""The caregiver's phone: today, one visit, the week, what waits, and the address that takes in what phones queued."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from clients.models import Address
from homecare.accounts.models import Agency, User
from homecare.audit.services.event import record_view
from homecare.clock import day_bounds, monday_of, today, week_bounds
from homecare.errors import DomainError
from homecare.views import Page, PermissionMixin
from scheduling.models import OfferAnswer, PhoneEvent, PublicationReceipt, Visit
from scheduling.phone_answer import answer_of
from scheduling.phone_envelope import read_envelope
from scheduling.phone_forms import BODIES, act_of
from scheduling.phone_week import cards_of, days_of
from scheduling.services.phone_contact import note_contact
from scheduling.services.phone_event import receive_event
from scheduling.visit_sheet import sheet_for
from staff.models import Member

WAITING_SHOWN = dt.timedelta(days=30)
YEARS_SHOWN = dt.timedelta(days=5 * 366)


class CaregiverMixin(PermissionMixin):
    """Who carries out visits, with the staff record behind the log-in."""

    permission = "scheduling.work_visit"

    @property
    def person(self) -> User:
        """Who is signed in; the permission was checked before."""
        return self.request.user  # type: ignore[return-value]

    def heard(self) -> Member | None:
        """The staff record, when there is one; its phone was heard just now."""
        members = Member.objects.visible_to(self.person).select_related("branch", "role")
        member = members.filter(user=self.person).first()
        if member is not None:
            note_contact(member)
        return member

    @cached_property
    def member(self) -> Member:
        member = self.heard()
        if member is None:
            raise PermissionDenied(_("Your log-in has no staff record. Ask the office to connect it."))
        return member

    @property
    def zone(self) -> str:
        return self.member.branch.time_zone

    def own_visits(self) -> Any:
        """Only what this person carries out, whatever else they may see."""
        visits = Visit.objects.visible_to(self.person).filter(caregiver=self.member)
        return visits.select_related("client", "branch", "service_type")

    def with_addresses(self, visits: Any) -> Any:
        primary = Prefetch(
            "client__addresses", queryset=Address.objects.filter(is_primary=True), to_attr="primary_addresses"
        )
        return visits.leading().prefetch_related(primary, "followers__client")


class PhoneToday(CaregiverMixin, Page):
    """Today's visits in order; what to do next stands first. Tomorrow's first visit below."""

    template_name = "scheduling/phone_today.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        day = today(self.zone)
        starts_at, ends_at = day_bounds(day, self.zone)
        tomorrow = day + dt.timedelta(days=1)
        visits = self.own_visits().filter(ends_at__gt=starts_at, starts_at__lt=day_bounds(tomorrow, self.zone)[1])
        cards = cards_of(self.with_addresses(visits.order_by("starts_at")))
        today_cards = [card for card in cards if card.visit.starts_at < ends_at]
        return super().get_context_data(
            day=day,
            zone=self.zone,
            member=self.member,
            cards=today_cards,
            next_card=next((card for card in today_cards if card.is_to_do), None),
            tomorrow=[card for card in cards if card.visit.starts_at >= ends_at and card.is_to_do],
            keep=json.dumps([page for card in cards if card.is_to_do for page in card.pages]),
            now=timezone.now(),
            offers=OfferAnswer.objects.visible_to(self.person).filter(member=self.member).waiting().count(),
            **kwargs,
        )


class PhoneWeek(CaregiverMixin, Page):
    """My visits of a week, day by day."""

    template_name = "scheduling/phone_week.html"

    def monday(self) -> dt.date:
        """The Monday of the day in the address; this week's when there is none that makes sense."""
        here = today(self.zone)
        try:
            wanted = dt.date.fromisoformat(self.request.GET.get("week", ""))
        except ValueError:
            wanted = here
        return monday_of(wanted if abs(wanted - here) < YEARS_SHOWN else here)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        monday = self.monday()
        starts_at, ends_at = week_bounds(monday, self.zone)
        visits = self.own_visits().filter(starts_at__gte=starts_at, starts_at__lt=ends_at).order_by("starts_at")
        cards = cards_of(self.with_addresses(visits))
        return super().get_context_data(
            monday=monday,
            days=days_of(cards, monday, self.zone),
            total_minutes=sum(card.visit.planned_minutes for card in cards if card.is_live),
            previous=monday - dt.timedelta(days=7),
            following=monday + dt.timedelta(days=7),
            this_monday=monday_of(today(self.zone)),
            today=today(self.zone),
            zone=self.zone,
            now=timezone.now(),
            unseen=PublicationReceipt.objects.filter(member=self.member, seen_at=None)
            .select_related("publication")
            .order_by("-publication")
            .first(),
            **kwargs,
        )


class VisitOfMine(CaregiverMixin):
    """The visit of the address, 404 unless it is this caregiver's own."""

    kwargs: dict[str, Any]

    @cached_property
    def visit(self) -> Visit:
        visit: Visit = get_object_or_404(self.own_visits(), pk=self.kwargs["pk"])
        return visit

    def sheet_context(self, **more: Any) -> dict[str, Any]:
        record_view(self.visit.client, by=self.person, what="visit")
        return {
            "sheet": sheet_for(self.visit, self.member),
            "visit": self.visit,
            "zone": self.visit.branch.time_zone,
            "now": timezone.now(),
            "sharing": list(self.visit.sharing.select_related("client")),
            "keys": {kind: uuid.uuid4() for kind in BODIES},
            **more,
        }


class PhoneVisit(VisitOfMine, Page):
    """One visit, top to bottom: who, where, what matters, start, tasks, vitals, medication, note, finish."""

    template_name = "scheduling/phone_visit.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.sheet_context(), **kwargs)


class PhoneAct(VisitOfMine, View):
    """An act sent as a plain form. What is missing is said on the page, with everything that was typed."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        if kind == "clock_out" and not request.POST.get("anyway"):
            sheet = sheet_for(self.visit, self.member)
            if sheet.unanswered and self.visit.status == Visit.Status.IN_PROGRESS:
                return self.again(asks_anyway=True)
        try:
            receipt = receive_event(self.member, **act_of(request.POST, kind, self.visit.pk))
        except DomainError as error:
            return self.again(problem=error, status=422)
        answer = receipt.event.answer
        if answer["state"] == "applied":
            messages.success(request, _("Saved."))
        else:
            messages.warning(request, answer["sentence"])
        for alert in answer.get("alerts", []):
            messages.warning(request, alert)
        return HttpResponseRedirect(f"{reverse('scheduling:phone-visit', args=[pk])}#{kind.replace('_', '-')}")

    def again(self, *, status: int = 200, **more: Any) -> HttpResponse:
        context = self.sheet_context(typed=self.request.POST, **more)
        return render(self.request, "scheduling/phone_visit.html", context, status=status)


class PhoneEventsWaiting(CaregiverMixin, Page):
    """What this phone has not sent yet (the page's script lists it), and what the office still has to look at."""

    template_name = "scheduling/phone_waiting.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = PhoneEvent.objects.visible_to(self.person).filter(member=self.member)
        kept = kept.exclude(status=PhoneEvent.Status.APPLIED)
        recent = kept.filter(received_at__gt=timezone.now() - WAITING_SHOWN)
        return super().get_context_data(kept=recent[:50], zone=self.zone, now=timezone.now(), **kwargs)


def is_from_our_page(request: HttpRequest) -> bool:
    """Same origin, said by the browser. Tokens in pages kept for offline work go stale; this does not.

    The custom header cannot be sent from another origin without a preflight, which nothing here answers.
    """
    if request.headers.get("X-Care-Outbox") != "1":
        return False
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    return origin in (f"{request.scheme}://{request.get_host()}", settings.SITE_URL.rstrip("/"))


@method_decorator(csrf_exempt, name="dispatch")
class PhoneEventInbox(CaregiverMixin, View):
    """The outbox's address. GET: our time, and whether the phone is signed in. POST: one act."""

    http_method_names = ["get", "post"]

    def handle_no_permission(self) -> HttpResponse:  # type: ignore[override]
        return JsonResponse({"sentence": _("Sign in again to send what waits.")}, status=401)

    def get(self, request: HttpRequest) -> HttpResponse:
        self.heard()
        return JsonResponse({"now": int(timezone.now().timestamp() * 1000), "user": request.user.pk})

    def post(self, request: HttpRequest) -> HttpResponse:
        if not is_from_our_page(request):
            return JsonResponse({"sentence": _("This did not come from our own page.")}, status=403)
        try:
            raw = json.loads(request.body)
            if not isinstance(raw, dict) or raw.get("user") not in (None, request.user.pk):
                return JsonResponse({"sentence": _("Somebody else is signed in on this phone.")}, status=403)
            receipt = receive_event(self.member, **read_envelope(raw))
        except (DomainError, json.JSONDecodeError, UnicodeDecodeError) as error:
            sentence = error.message if isinstance(error, DomainError) else _("This could not be read.")
            return JsonResponse({"state": "broken", "sentence": sentence}, status=422)
        status, answer = answer_of(receipt)
        return JsonResponse({**answer, "now": int(timezone.now().timestamp() * 1000)}, status=status)


class ServiceWorker(View):
    """The script that keeps today's pages for when there is no signal. Holds no data, so anybody may read it."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        response = render(request, "scheduling/care_worker.js", content_type="text/javascript; charset=utf-8")
        response["Service-Worker-Allowed"] = "/care/"
        patch_cache_control(response, no_cache=True)
        return response


class Manifest(View):
    """Lets a phone put the caregiver's pages on its home screen."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        agency = Agency.current()
        icon = {"src": static("img/icon.svg"), "sizes": "any", "type": "image/svg+xml"}
        manifest = {
            "name": agency.name,
            "short_name": agency.name[:12],
            "start_url": reverse("scheduling:phone-today"),
            "scope": "/care/",
            "display": "standalone",
            "theme_color": agency.brand_colour,
            "background_color": "#f6f7f9",
            "icons": [icon],
        }
        return JsonResponse(manifest, content_type="application/manifest+json")
