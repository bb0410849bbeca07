"""A telephone call, step by step: the conversation is pure (scheduling/telephony), this carries out what it asks for.

Each step is one transaction under the call's lock. A request that comes again gets the answer it got and does nothing;
what a step did stays when the caller hangs up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import CharField, F, Func, Q, Sum, Value
from django.db.models.functions import Right
from django.utils import timezone
from django.utils.functional import cached_property

from clients.models import Client, Contact
from homecare.accounts.models import Branch, User
from homecare.clock import local
from homecare.errors import DomainError
from scheduling.models import ClockEvent, PhoneCall, Visit, VisitTask
from scheduling.punch_visit import LONGEST, right_visit
from scheduling.services import clock
from scheduling.services.clock_pin import member_of_pin
from scheduling.services.fixed_device import clock_by_code, devices_for, find_code
from scheduling.services.visit_task import due_tasks, plan_in_force, record_task
from scheduling.task_codes import codes_of
from scheduling.telephony.conversation import Caller, Effect, Home, Line, Stage, State, Turn, advance, begin
from scheduling.telephony.numbers import SIGNIFICANT, significant
from scheduling.telephony.prompts import SPANISH, say, spoken_language
from staff.models import Member

# Wrong numbers within an hour after which no more are listened to: from one telephone, and from all strange ones.
WRONG_BY_NUMBER, WRONG_BY_STRANGERS = 9, 60
WRONG_WITHIN = dt.timedelta(hours=1)
REFUSED_REASON = "Said on the telephone."


class Reply(NamedTuple):
    """What the provider is to say and to wait for (None: hang up), and the number of the next step."""

    spoken: list[tuple[str, str]]
    digits: int | None
    step: int


def homes_of(from_digits: str) -> list[Client]:
    """Clients on whose file this number stands, as their own or a contact's. Not those whose care has ended."""
    if not from_digits:
        return []

    def same(rows: Any) -> Any:
        only_digits = Func(F("phone"), Value(r"\D"), Value(""), Value("g"), function="regexp_replace")
        short = Right(only_digits, SIGNIFICANT, output_field=CharField())
        return rows.annotate(significant=short).filter(significant=from_digits)

    contacts = same(Contact.objects.all()).values("client_id")
    mine = same(Client.objects.all()).values("pk")
    ended = [Client.Status.DISCHARGED, Client.Status.DECLINED]
    rows = Client.objects.filter(Q(pk__in=mine) | Q(pk__in=contacts)).exclude(status__in=ended)
    return list(rows.select_related("branch").order_by("first_name", "pk"))


def visits_near(member: Member, client_id: int | None, at: dt.datetime) -> Iterable[Visit]:
    """The caregiver's visits from which a punch of this moment may choose."""
    rows = Visit.objects.filter(caregiver=member, starts_at__gt=at - LONGEST, starts_at__lt=at + dt.timedelta(hours=4))
    rows = rows.filter(client_id=client_id) if client_id else rows.leading()
    return rows.select_related("branch", "service_type", "client")


def tasks_of(visit: Visit, at: dt.datetime) -> dict[str, int]:
    """Code → planned task: the visit's own once it began, before that what the plan in force asks for."""
    plan = visit.plan if visit.plan_id else plan_in_force(visit.client_id, at)
    own = VisitTask.objects.filter(visit=visit, planned_task__isnull=False)
    due = set(own.values_list("planned_task_id", flat=True)) or {task.pk for task in due_tasks(plan, visit)}
    return {code: pk for pk, code in codes_of(plan).items() if pk in due}


@dataclass
class CallBook:
    """What the conversation looks up, for one call at one moment."""

    call: PhoneCall
    moment: dt.datetime

    def caller(self, pin: str) -> Caller | None:
        member = member_of_pin(pin)
        return Caller(member.pk, language_of(member)) if member else None

    @cached_property
    def _clients(self) -> list[Client]:
        return homes_of(self.call.from_digits)

    def homes(self) -> list[Home]:
        return [Home(client.pk, client.called) for client in self._clients]

    def tasks(self, member: int, client: int | None) -> dict[str, int]:
        visit = right_visit(visits_near(Member(pk=member), client, self.moment), "out", self.moment)
        return tasks_of(visit, self.moment) if visit else {}

    @cached_property
    def _devices(self) -> bool:
        member = self.call.state.get("member") or self.call.member_id
        return bool(member) and bool(devices_for(Member(pk=member), self.call.state.get("client"), self.moment))

    def has_devices(self) -> bool:
        return self._devices

    def device_time(self, member: int, client: int | None, code: str) -> str | None:
        found = find_code(Member(pk=member), client, code, self.moment)
        return self.spoken(found[0].at) if found else None

    def spoken_now(self) -> str:
        return self.spoken(self.moment)

    def spoken(self, at: dt.datetime) -> str:
        return f"{local(at, self.zone):%-I:%M %p}"

    @cached_property
    def zone(self) -> str:
        """Where the client lives; where the caregiver works when the number is not known."""
        if self._clients:
            return self._clients[0].branch.time_zone
        branch = Branch.objects.filter(members=self.call.state.get("member")).first()
        branch = branch or Branch.objects.order_by("pk").first()
        return branch.time_zone if branch else "UTC"


def language_of(member: Member) -> str:
    """The language of the caregiver's account; of their record when they have none."""
    if member.user is not None:
        return spoken_language(member.user.language)
    speaks_only_spanish = SPANISH in member.languages and "en" not in member.languages
    return spoken_language(SPANISH if speaks_only_spanish else "en")


@transaction.atomic
def take_step(provider: str, call_id: str, number: str, step: int, digits: str) -> Reply:
    """Answers one request of a provider. Step 0 begins the call; an answered step gets the same answer again."""
    PhoneCall.objects.get_or_create(
        provider=provider, call_id=call_id, defaults={"from_number": number, "from_digits": significant(number)}
    )
    call = PhoneCall.objects.select_for_update().get(provider=provider, call_id=call_id)
    if call.answer and step < call.step:
        return Reply([(lang, text) for lang, text in call.answer["spoken"]], call.answer["digits"], call.step)
    book = CallBook(call, timezone.now())
    turn = begin() if not call.answer else _advance(call, digits, book)
    call.state = turn.state.as_json()
    call.member_id, call.client_id = turn.state.member, turn.state.client
    call.save(update_fields=["member", "client"])
    for effect in turn.effects:
        _carry_out(effect, call, book)
    call.step += 1
    reply = Reply(say(turn.lines, turn.state.language), turn.digits, call.step)
    call.answer = {"spoken": reply.spoken, "digits": reply.digits}
    call.save()
    return reply


def _advance(call: PhoneCall, digits: str, book: CallBook) -> Turn:
    state = State.of_json(call.state)
    if state.stage == Stage.PIN and _is_blocked(call, book):
        return Turn(State(stage=Stage.OVER), (Line("blocked"),))
    return advance(state, digits, book)


def _is_blocked(call: PhoneCall, book: CallBook) -> bool:
    recent = PhoneCall.objects.filter(failed_pins__gt=0, started_at__gt=book.moment - WRONG_WITHIN)

    def wrong(rows: Any) -> int:
        return rows.aggregate(wrong=Sum("failed_pins"))["wrong"] or 0

    if wrong(recent.filter(from_digits=call.from_digits)) >= WRONG_BY_NUMBER:
        return True
    return not book.homes() and wrong(recent) >= WRONG_BY_STRANGERS


def _carry_out(effect: Effect, call: PhoneCall, book: CallBook) -> None:
    if effect.name == "wrong_pin":
        call.failed_pins += 1
    elif effect.name == "punch":
        _punch(call, effect.values["kind"], book.moment)
    elif effect.name == "device_code":
        _clock_by_code(call, effect.values["kind"], effect.values["code"], book.moment)
    elif effect.name == "task":
        _answer_task(call, effect.values["planned_task"], effect.values["outcome"], book.moment)


def actor_of(member: Member) -> User:
    """In whose name it is kept: the caregiver's; who has no account clocks all the same."""
    return member.user or User.system()


def _caregiver(call: PhoneCall) -> Member:
    return Member.objects.select_related("user").get(phone_calls=call)


def _punch(call: PhoneCall, kind: str, at: dt.datetime) -> ClockEvent:
    member = _caregiver(call)
    how: dict[str, Any] = {
        "at": at,
        "by": actor_of(member),
        "member": member,
        "method": ClockEvent.Method.TELEPHONY,
        "evidence": {"client_id": call.client_id, "call": call, "originating_number": call.from_number},
    }
    visit = right_visit(visits_near(member, call.client_id, at), kind, at)
    if visit is None:
        return clock.keep_unmatched(kind, **how)
    event = (clock.clock_in if kind == ClockEvent.Kind.IN else clock.clock_out)(visit, **how)
    call.visit = event.visit
    return event


def _clock_by_code(call: PhoneCall, kind: str, code: str, at: dt.datetime) -> None:
    member = _caregiver(call)
    event = clock_by_code(
        member,
        kind,
        code,
        by=actor_of(member),
        until=at,
        client_id=call.client_id,
        call=call,
        originating_number=call.from_number,
    )
    call.visit = event.visit


def _answer_task(call: PhoneCall, planned_task: int, outcome: str, at: dt.datetime) -> None:
    if call.visit is None:
        return
    reason = REFUSED_REASON if outcome == VisitTask.Outcome.REFUSED else ""
    member = _caregiver(call)
    try:
        record_task(call.visit, planned_task, outcome, by=actor_of(member), at=at, reason=reason)
    except DomainError as error:
        # Approved meanwhile: what was keyed stays with the call, where the office can read it.
        call.state = {**call.state, "kept": [*call.state.get("kept", []), [planned_task, outcome, error.message]]}
