"""Offers in the office: make one for a visit or for a pattern's open visits, see the answers, choose, withdraw."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.accounts.branch_choice import current_branch
from homecare.clock import now
from homecare.views import ActionView, DetailPage, FormPage, ListPage, ScopedMixin
from scheduling.forms.offer import ChooseForm, OfferFilter, OfferForm
from scheduling.matching import Suggestion, rank, suggest_for_visit
from scheduling.models import Offer, OfferAnswer, Schedule, Visit
from scheduling.placement import Placement
from scheduling.services.offer import choose_caregiver, make_offer, withdraw_offer
from scheduling.wording import span
from staff.models import Member

STATISTICS = dt.timedelta(days=90)
A_SERIES = 60  # so many open visits of a pattern are offered together


class OfferList(ListPage):
    """Offers, newest first, with how fast they were answered."""

    model = Offer
    permission = "scheduling.view_offer"
    filterset_class = OfferFilter
    template_name = "scheduling/offer_list.html"
    fragment_name = "scheduling/_offer_table.html"

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(branch=branch) if branch else queryset
        said = [OfferAnswer.Status.INTERESTED, OfferAnswer.Status.TAKEN]
        counted = queryset.select_related("client", "branch", "taken_by").annotate(
            visit_count=Count("visits", distinct=True),
            asked_count=Count("answers", distinct=True),
            yes_count=Count("answers", filter=Q(answers__status__in=said), distinct=True),
        )
        return counted.order_by("-created_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = [_("Client"), _("Visits"), _("State"), _("Asked"), _("Would take it"), _("Ends"), _("Taken by")]
        recent = Offer.objects.visible_to(self.request.user).filter(created_at__gt=now() - STATISTICS)  # type: ignore[arg-type]
        return super().get_context_data(
            columns=[{"label": label} for label in columns], statistics=_statistics(recent), **kwargs
        )


def _statistics(offers: Any) -> dict[str, Any]:
    """How many were made and filled, how long filling took, and how many of those asked said yes or no."""
    length = ExpressionWrapper(F("closed_at") - F("created_at"), output_field=DurationField())
    filled = Q(status=Offer.Status.FILLED)
    found = offers.order_by().aggregate(
        made=Count("pk"), filled=Count("pk", filter=filled), time=Avg(length, filter=filled)
    )
    answers = OfferAnswer.objects.filter(offer__in=offers.order_by().values("pk"))
    counted = answers.order_by().aggregate(asked=Count("pk"), answered=Count("pk", filter=Q(answered_at__isnull=False)))
    minutes = int(found["time"].total_seconds() // 60) if found["time"] is not None else None
    return {**found, **counted, "minutes": minutes}


class OfferDetail(DetailPage):
    """One offer with everybody's answer."""

    model = Offer
    permission = "scheduling.view_offer"
    template_name = "scheduling/offer_detail.html"

    def get_queryset(self) -> Any:
        answers = OfferAnswer.objects.select_related("member", "member__role")
        return (
            super()
            .get_queryset()
            .select_related("client", "branch", "created_by", "taken_by")
            .prefetch_related(Prefetch("answers", answers))
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offer = self.object
        user = self.request.user
        visits = Visit.objects.visible_to(user).filter(offered__offer=offer).with_people()  # type: ignore[arg-type]
        may_act = offer.status == Offer.Status.OPEN and user.has_perm("scheduling.change_offer")
        return super().get_context_data(
            offer=offer,
            visits=visits.order_by("starts_at"),
            answers=list(offer.answers.all()),
            may_act=may_act,
            **kwargs,
        )


class MakeOffer(FormPage):
    """What an offer of a visit and one of a pattern have in common."""

    permission = "scheduling.add_offer"
    form_class = OfferForm
    template_name = "scheduling/offer_form.html"
    success_message = gettext_lazy("The offer is on its way.")

    @property
    def visits(self) -> list[Visit]:
        raise NotImplementedError

    @property
    def suggestions(self) -> list[Suggestion]:
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        fitting = [row for row in self.suggestions if row.is_eligible]
        return super().get_form_kwargs() | {"suggestions": fitting, "first_start": self.visits[0].starts_at}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        first = self.visits[0]
        when = span(first.starts_at, first.ends_at, first.branch.time_zone)
        return super().get_context_data(
            visits=self.visits,
            subtitle=f"{first.client.full_name} · {when}",
            cancel_url=first.get_absolute_url(),
            **kwargs,
        )

    def perform(self, form: Any) -> Offer:
        data = form.cleaned_data
        return make_offer(
            self.visits,
            form.chosen,
            mode=data["mode"],
            expires_at=form.expires_at,
            hourly_wage=data["hourly_wage"],
            message=data["message"],
            by=self.request.user,  # type: ignore[arg-type]
        )


class VisitOffer(MakeOffer):
    """Offers one open visit; of a shared one the whole of it."""

    @cached_property
    def visits(self) -> list[Visit]:
        seen = Visit.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        visit = get_object_or_404(seen, pk=self.kwargs["pk"])
        rows = seen.open().filter(starts_at__gt=now()).with_people()
        return [get_object_or_404(rows, pk=visit.leader_id or visit.pk)]

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        return suggest_for_visit(self.visits[0])


class ScheduleOffer(MakeOffer):
    """Offers the coming open visits of a pattern together."""

    @cached_property
    def visits(self) -> list[Visit]:
        user = self.request.user
        schedule = get_object_or_404(Schedule.objects.visible_to(user), pk=self.kwargs["pk"])  # type: ignore[arg-type]
        rows = Visit.objects.visible_to(user).open().filter(schedule=schedule, starts_at__gt=now())  # type: ignore[arg-type]
        found = list(rows.with_people().order_by("starts_at", "pk")[:A_SERIES])
        if not found:
            raise Http404(_("This pattern has no open visits."))
        return found

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        members = Member.objects.visible_to(self.request.user).active().filter(branch=self.visits[0].branch_id)  # type: ignore[arg-type]
        placements = [Placement.of(visit, member_id=None) for visit in self.visits]
        return rank(placements, list(members.select_related("role")))


class OfferChoose(ScopedMixin, FormPage):
    """Gives the visits to one of those asked; a warning needs a reason."""

    model = OfferAnswer
    permission = "scheduling.change_offer"
    form_class = ChooseForm
    success_message = gettext_lazy("The visits have their caregiver.")

    @cached_property
    def answer(self) -> OfferAnswer:
        rows = self.get_queryset().select_related("offer", "member")
        return get_object_or_404(rows, offer=self.kwargs["pk"], pk=self.kwargs["answer_pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        heading = _("Give it to %(caregiver)s?") % {"caregiver": self.answer.member.full_name}
        url = self.answer.offer.get_absolute_url()
        return super().get_context_data(
            heading=heading, subtitle=self.answer.note, submit_label=_("Give"), cancel_url=url, **kwargs
        )

    def perform(self, form: Any) -> Offer:
        reason = form.cleaned_data["override_reason"]
        return choose_caregiver(self.answer, by=self.request.user, override_reason=reason).offer  # type: ignore[arg-type]


class OfferWithdraw(ActionView):
    model = Offer
    permission = "scheduling.change_offer"
    success_message = gettext_lazy("The offer is withdrawn. The visits are still open.")

    def perform(self, obj: Offer) -> Offer:
        return withdraw_offer(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Any) -> str:
        return reverse("scheduling:offer-detail", args=[result.pk])
