"""One row of everything in one branch, and which row a URL's parameter means."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from billing.models import InvoiceLink, PayRate
from billing.services.charge import make_charges
from billing.services.invoice import build_draft, issue_invoice
from careplans.models import Assessment, Instrument, MedicationOrder, PlanTemplate, VitalReading
from clients.models import Allergy, CaregiverPreference, CareTeamMember, Introduction
from homecare.accounts.models import Holiday, Invitation, PersonalToken, User
from homecare.accounts.models.token import digest
from homecare.inbox.models import Notification
from homecare.jobs.models import Job
from homecare.webhooks.models import Dispatch, Endpoint, Message
from scheduling.models import (
    Appointment,
    Broadcast,
    CalendarFeed,
    ClockEvent,
    LostVisit,
    PhoneEvent,
    Publication,
    PunchDecision,
    ReasonCode,
    Roster,
    RosterLine,
    Rotation,
    RotationShift,
    RotationTurner,
    SeriesChange,
    TemporaryChange,
    TrainingRequirement,
    VisitCorrection,
    VisitException,
    Waiting,
)
from scheduling.services.fixed_device import register_device
from scheduling.services.offer import make_offer
from staff.models import Member, Team
from tests import factories

MOMENT = dt.datetime(2026, 11, 2, 14, tzinfo=dt.UTC)
SECRET = "a-secret-nobody-guesses"


@dataclass
class World:
    administrator: User
    manager: User
    coordinator: User
    supervisor: User
    biller: User
    member: Member
    relative: User
    elsewhere: User
    rows: dict[str, Any]

    @property
    def caregiver(self) -> User:
        assert self.member.user is not None
        return self.member.user

    def kwargs_for(self, name: str, parameters: Iterable[str]) -> dict[str, Any]:
        """The row is named by the longest known noun the URL's own name begins with."""
        return {parameter: self._value(name, parameter) for parameter in parameters}

    def _value(self, name: str, parameter: str) -> Any:
        if (name, parameter) in self.rows:
            return self.rows[name, parameter]
        if parameter in self.rows:
            return self.rows[parameter]
        own = name.split(":")[-1]
        nouns = [noun for noun in self.rows if isinstance(noun, str) and own.startswith(noun)]
        if not nouns:
            raise KeyError(f"Say in tests/url_world.py which row {name} {parameter} means.")
        return self.rows[max(nouns, key=len)]


def make_world(**people: Any) -> World:
    """Everything hangs on one client of the first branch; the relative is their daughter, the caregiver visits them."""
    world = World(rows={}, **people)
    client = factories.ClientFactory(branch=world.member.branch)
    world.rows = {"client_pk": client.pk, "member_pk": world.member.pk, **_client_rows(world, client)}
    world.rows |= _care_rows(world, client) | _staff_rows(world) | _visit_rows(world, client)
    world.rows |= _money_rows(world, client) | _platform_rows(world)
    return world


def _client_rows(world: World, client: Any) -> dict[Any, Any]:
    contact = factories.ContactFactory(client=client, user=world.relative, has_portal=True)
    team = CareTeamMember.objects.create(client=client, member=factories.MemberFactory(), since=dt.date(2026, 1, 1))
    wish = CaregiverPreference.objects.create(client=client, member=factories.MemberFactory(), kind="preferred")
    met = Introduction.objects.create(client=client, member=factories.MemberFactory(), on=dt.date(2026, 1, 1))
    return {
        "introduction": met.pk,
        "client": client.pk,
        "address": factories.AddressFactory(client=client).pk,
        "contact": contact.pk,
        "careteam": team.pk,
        "preference": wish.pk,
        "allergy": Allergy.objects.create(client=client, substance="Latex").pk,
        "diagnosis": factories.DiagnosisFactory(client=client).pk,
        "referral": factories.ReferralFactory(branch=client.branch, birth_on=dt.date(1940, 1, 1)).pk,
    }


def _care_rows(world: World, client: Any) -> dict[Any, Any]:
    plan = factories.CarePlanFactory(client=client, written_by=world.supervisor)
    task = factories.PlannedTaskFactory(plan=plan)
    sheet = Instrument.objects.create(
        code="katz",
        name="Katz",
        source="test",
        licence="test",
        items=[
            {"code": "bath", "text": "Bathing", "answers": [{"value": 0, "text": "No"}, {"value": 1, "text": "Yes"}]}
        ],
        bands=[{"from": 0, "to": 1, "text": "Any", "tone": "info"}],
    )
    assessment = Assessment.objects.create(
        client=client,
        instrument=sheet,
        assessed_on=MOMENT.date(),
        answers={"bath": 1},
        score=1,
        band="Any",
        assessed_by=world.supervisor,
    )
    reading = VitalReading.objects.create(
        client=client, kind="systolic", value=172, taken_at=MOMENT, is_alert=True, alert_text="High"
    )
    template = PlanTemplate.objects.create(code="frailty", name="Frailty", content={"goals": [], "tasks": []})
    return {
        "careplan": plan.pk,
        "care-plan": plan.pk,
        "task": task.pk,
        "assessment": assessment.pk,
        "code": sheet.code,
        "plantemplate": template.pk,
        "vital": reading.pk,
        "medication-order": MedicationOrder.objects.create(client=client, name="Lisinopril 10 MG").pk,
        "instrument": sheet.pk,
    }


def _staff_rows(world: World) -> dict[Any, Any]:
    away = factories.TimeOffFactory(member=world.member)
    return {
        "member": world.member.pk,
        "credential": factories.CredentialFactory(member=world.member).pk,
        "training": TrainingRequirement.objects.create(training=factories.CredentialTypeFactory(), condition="F03").pk,
        "availability": world.member.availability.all()[0].pk,
        "timeoff": away.pk,
        "time-off": away.pk,
        "role": world.member.role.pk,
        "team": Team.objects.create(branch=world.member.branch, name="South").pk,
    }


def _visit_rows(world: World, client: Any) -> dict[Any, Any]:
    visit = factories.VisitFactory(client=client, caregiver=world.member)
    event = PhoneEvent.objects.create(
        member=world.member, key=uuid.uuid4(), kind="note", at=MOMENT, body={}, body_digest="0" * 64, status="to_review"
    )
    done = factories.completed_visit(world.member, starts_at=MOMENT, client=client)
    CalendarFeed.objects.create(user=world.caregiver, digest=digest(SECRET))
    feed = CalendarFeed.objects.create(kind="client", client=client, created_by=world.coordinator, digest="3" * 64)
    coming = timezone.now() + dt.timedelta(days=20)
    pattern = factories.ScheduleFactory(client=client)
    free = [
        factories.VisitFactory(
            client=client,
            schedule=pattern,
            occurrence_on=(coming + dt.timedelta(days=n)).date(),
            starts_at=coming + dt.timedelta(days=n),
        )
        for n in (0, 1)
    ]
    offer = make_offer(
        free[1:], [world.member], mode="first", expires_at=coming - dt.timedelta(days=1), by=world.coordinator
    )
    away = factories.TimeOffFactory(member=world.member, starts_at=MOMENT, ends_at=MOMENT + dt.timedelta(hours=9))
    LostVisit.objects.create(time_off=away, visit=free[0])
    roster = Roster.objects.create(
        branch=client.branch,
        first_on=coming.date(),
        last_on=coming.date(),
        created_by=world.coordinator,
        status="draft",
    )
    line = RosterLine.objects.create(
        roster=roster, visit=free[0], version=1, starts_before=coming, starts_at=coming, caregiver=None
    )
    shown = Publication.objects.create(
        branch=client.branch, last_on=coming.date(), published_until=coming, by=world.coordinator
    )
    turns = Rotation.objects.create(
        branch=client.branch, name="Early", weeks=2, starts_on=dt.date(2026, 11, 2), created_by=world.coordinator
    )
    dentist = Appointment.objects.create(
        client=client, provider="Dr. Hahn", starts_on=coming.date(), start_time="10:00", created_by=world.coordinator
    )
    waits = Waiting.objects.create(
        client=client,
        service_type=visit.service_type,
        weekly_minutes=240,
        since=MOMENT.date(),
        created_by=world.coordinator,
    )
    message = Broadcast.objects.create(
        branch=client.branch, topic="weather", audience="both", text="Snow", created_by=world.coordinator
    )
    return {
        "rotation": turns.pk,
        "rotation-shift": RotationShift.objects.create(rotation=turns, row=1, schedule=pattern).pk,
        "rotation-turner": RotationTurner.objects.create(rotation=turns, member=world.member, first_row=1).pk,
        "publication": shown.pk,
        ("scheduling:publication-end", "pk"): client.branch_id,
        "broadcast": message.pk,
        "waiting": waits.pk,
        "appointment": dentist.pk,
        "roster": roster.pk,
        "line_pk": line.pk,
        "roster-line": line.pk,
        ("scheduling:roster-line", "pk"): roster.pk,
        "rating": visit.pk,
        "absence": away.pk,
        "offer": offer.pk,
        "phone-offer": offer.pk,
        "answer_pk": offer.answers.get().pk,
        ("scheduling:visit-offer", "pk"): free[0].pk,
        "visit": visit.pk,
        "phone": visit.pk,
        "review": event.pk,
        "exception": VisitException.objects.create(visit=done, kind="late", detail="20 minutes late").pk,
        "schedule": pattern.pk,
        "series-change": SeriesChange.objects.create(schedule=pattern, kind="edited", by=world.coordinator).pk,
        "temporary-change": TemporaryChange.objects.create(
            schedule=pattern,
            from_on=MOMENT.date(),
            until_on=MOMENT.date(),
            is_paused=True,
            created_by=world.coordinator,
        ).pk,
        "servicetype": visit.service_type.pk,
        "service-type": visit.service_type.pk,
        "clock-event": ClockEvent.objects.create(
            visit=done, member=world.member, kind="in", at=MOMENT, recorded_by=world.caregiver
        ).pk,
        **_evv_rows(world, client, visit),
        "token": SECRET,
        "calendar": feed.pk,
        "family-calendar": client.pk,
        ("scheduling:calendar-create-client", "pk"): client.pk,
    }


def _evv_rows(world: World, client: Any, visit: Any) -> dict[Any, Any]:
    """A punch that waits, one that was decided, a device, a correction that waits."""
    punches = [
        ClockEvent.objects.create(member=world.member, kind="in", at=MOMENT, recorded_by=world.caregiver)
        for _n in range(2)
    ]
    device, _seed = register_device(
        client,
        address=client.addresses.get(),
        serial="FX-1",
        installed_on=MOMENT.date(),
        by=world.coordinator,
    )
    correction = VisitCorrection.objects.create(
        visit=visit, member=world.member, ends_at=MOMENT, reason="Forgot", signed_name="Rosa"
    )
    decision = PunchDecision.objects.create(clock_event=punches[1], kind="closed", note="Test", by=world.coordinator)
    return {
        "punch": punches[0].pk,
        "punch-decision": decision.pk,
        "device": device.pk,
        "fixed-device": device.pk,
        "correction": correction.pk,
        "visit-correction": correction.pk,
        "reason-code": ReasonCode.objects.create(code="12", text="Caregiver late").pk,
    }


def _money_rows(world: World, client: Any) -> dict[Any, Any]:
    payer = factories.PayerFactory(name="Private pay")
    rate = factories.RateFactory(payer=payer)
    coverage = factories.CoverageFactory(client=client, payer=payer)
    pay_rate = PayRate.objects.create(member=world.member, hourly_rate=20, since=dt.date(2026, 1, 1))
    visits = [
        factories.approved_visit(
            world.member, world.coordinator, starts_at=MOMENT + dt.timedelta(days=n), client=client
        )
        for n in (1, 2)
    ]
    charges = make_charges(visits, by=world.biller)
    day = charges[0].service_on
    invoice = issue_invoice(
        build_draft(client, payer, period_from=day, period_to=day, by=world.biller), by=world.biller
    )
    link = InvoiceLink.objects.create(
        invoice=invoice,
        digest=digest("another"),
        created_by=world.biller,
        expires_at=timezone.now() + dt.timedelta(days=9),
    )
    payer.requires_evv = True
    payer.save()
    third_day = MOMENT + dt.timedelta(days=3)
    held = factories.approved_visit(world.member, world.coordinator, starts_at=third_day, client=client)
    return {
        ("billing:evv-release", "pk"): held.pk,
        "held-visit": held.pk,
        "payer": payer.pk,
        "payrate": pay_rate.pk,
        "pay-rate": pay_rate.pk,
        "rate": rate.pk,
        "coverage": coverage.pk,
        "authorization": factories.AuthorizationFactory(client=client, payer=payer).pk,
        "charge": charges[1].pk,
        "invoice": invoice.pk,
        "invoice-link-revoke": link.pk,
        "payment": factories.PaymentFactory(payer=payer, client=client).pk,
    }


def _platform_rows(world: World) -> dict[Any, Any]:
    """Tokens, messages and jobs are the coordinator's own: nobody else opens them."""
    stranger = factories.UserFactory()
    job = Job.objects.create(kind="clients.import_referrals", title="Import", owner=world.coordinator, status="failed")
    note = Notification.objects.create(recipient=world.coordinator, kind="visit.late", dedupe_key="one", title="Late")
    token = PersonalToken.objects.create(user=world.coordinator, name="Mine", prefix="hc_12345", digest="1" * 64)
    invited = Invitation.objects.create(
        user=stranger, digest="2" * 64, invited_by=world.manager, expires_at=timezone.now() + dt.timedelta(days=7)
    )
    holiday = Holiday.objects.create(branch=world.member.branch, on=dt.date(2026, 12, 25), name="Christmas Day")
    endpoint = Endpoint.objects.create(
        name="Sync", url="https://hooks.example.com/", branch=world.member.branch, created_by=world.manager
    )
    message = Message.objects.create(key="one", kind="visit.planned")
    dispatch = Dispatch.objects.create(message=message, endpoint=endpoint)
    return {
        "endpoint": endpoint.pk,
        "dispatch": dispatch.pk,
        "webhook-endpoint": endpoint.pk,
        "webhook-delivery": dispatch.pk,
        "user": stranger.pk,
        "branch": world.member.branch.pk,
        ("accounts:holiday-add", "pk"): world.member.branch.pk,
        "holiday": holiday.pk,
        "invitation": invited.pk,
        ("accounts:token-revoke", "pk"): token.pk,
        "notification": note.pk,
        "job": job.pk,
        "public_id": job.public_id,
        "uidb36": "1",
        "key": "no-such-key",
        "mfa_edit": 1,
        "mfa_remove": 1,
    }
