"""Offers on the caregiver's phone: what is free, where about, for how much; yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from clients.models import Address
from homecare.errors import DomainError
from homecare.views import Page
from scheduling import travel
from scheduling.models import Offer, OfferAnswer, OfferedVisit, Visit
from scheduling.services.offer import accept_offer, decline_offer, see_offers
from scheduling.views.phone import CaregiverMixin
from staff.models import Member


@dataclass(frozen=True)
class OfferCard:
    """An offer as a caregiver may read it: nothing that says who the client is."""

    answer: OfferAnswer
    visits: list[Visit]
    town: str
    distance: str
    wage: Decimal | None

    @property
    def minutes(self) -> int:
        return sum(visit.planned_minutes for visit in self.visits)


class MyOffers(CaregiverMixin):
    """The answers of this caregiver to offers that are still open."""

    def own_answers(self) -> Any:
        answers = OfferAnswer.objects.visible_to(self.person).filter(member=self.member)
        return answers.filter(offer__status=Offer.Status.OPEN)


class PhoneOffers(MyOffers, Page):
    """All open offers to me, the soonest visit first."""

    template_name = "scheduling/phone_offers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offered = OfferedVisit.objects.select_related("visit__service_type", "visit__branch").order_by(
            "visit__starts_at"
        )
        primary = Prefetch(
            "offer__client__addresses", queryset=Address.objects.filter(is_primary=True), to_attr="primary_addresses"
        )
        answers = self.own_answers().select_related("offer__client").order_by("offer__expires_at")
        cards = [
            _card(row, self.member) for row in answers.prefetch_related(Prefetch("offer__offered", offered), primary)
        ]
        see_offers(self.own_answers())
        return super().get_context_data(cards=cards, zone=self.zone, **kwargs)


def _card(answer: OfferAnswer, member: Member) -> OfferCard:
    offer = answer.offer
    address = next(iter(offer.client.primary_addresses), None)  # type: ignore[attr-defined]
    here = (address.latitude, address.longitude) if address and address.latitude is not None else None
    distance = ""
    if here is not None and member.place is not None:
        distance = _("about %(km)s km from home") % {"km": max(1, round(travel.kilometres(member.place, here)))}
    visits = [row.visit for row in offer.offered.all()]
    return OfferCard(answer, visits, address.city if address else "", distance, offer.hourly_wage)


class PhoneOfferAnswer(MyOffers, View):
    """Yes or no to one offer; `answer` is accept or decline."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, answer: str) -> HttpResponse:
        everything = OfferAnswer.objects.visible_to(self.person).filter(member=self.member)
        row = get_object_or_404(everything.select_related("offer"), offer=pk)
        try:
            row = (accept_offer if answer == "accept" else decline_offer)(row, by=self.person)
        except DomainError as error:
            messages.warning(request, error.message)
            return HttpResponseRedirect(reverse("scheduling:phone-offers"))
        if row.status == OfferAnswer.Status.TAKEN:
            messages.success(request, _("It is yours. You find it in your week."))
            return HttpResponseRedirect(reverse("scheduling:phone-week"))
        if row.status == OfferAnswer.Status.INTERESTED:
            messages.success(request, _("Thank you. The office decides and tells you."))
        else:
            messages.success(request, _("Thank you for answering."))
        return HttpResponseRedirect(reverse("scheduling:phone-offers"))
