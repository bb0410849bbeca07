"""Factories that fill only what a row requires. People with roles are fixtures in conftest.py."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from billing.models import Authorization, Coverage, Payer, Payment, Rate
from careplans.models import CarePlan, PlannedTask
from clients.models import Address, Client, Contact, Diagnosis, Referral
from homecare.accounts.models import Branch, User
from scheduling.models import Schedule, ServiceType, Visit
from staff.models import Availability, Credential, CredentialType, Member, Role, TaskCategory, TimeOff

PAST = dt.date(2020, 1, 1)
_days = itertools.count()


class BranchFactory(DjangoModelFactory):
    class Meta:
        model = Branch
        django_get_or_create = ("code",)

    name = "Boston"
    code = "BOS"
    time_zone = "America/New_York"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@homecare.example")
    first_name = "Pat"
    last_name = factory.Sequence(lambda n: f"Person{n}")


class CredentialTypeFactory(DjangoModelFactory):
    class Meta:
        model = CredentialType
        django_get_or_create = ("code",)

    code = "CPR"
    name = "CPR"


class RoleFactory(DjangoModelFactory):
    class Meta:
        model = Role
        django_get_or_create = ("code",)

    code = "PSW"
    name = "Personal support worker"
    scope = factory.LazyFunction(
        lambda: [
            TaskCategory.PERSONAL_CARE,
            TaskCategory.MOBILITY,
            TaskCategory.MEALS,
            TaskCategory.HOUSEWORK,
            TaskCategory.COMPANIONSHIP,
        ]
    )


class MemberFactory(DjangoModelFactory):
    """Employed since 2020 with no availability rows: use `always_available` where the rules count."""

    class Meta:
        model = Member
        skip_postgeneration_save = True

    branch = factory.SubFactory(BranchFactory)
    role = factory.SubFactory(RoleFactory)
    employee_number = factory.Sequence(lambda n: f"E{n:05}")
    first_name = "Maria"
    last_name = factory.Sequence(lambda n: f"Silva{n}")
    hired_on = PAST
    latitude = 42.36
    longitude = -71.06

    @factory.post_generation
    def always_available(self: Member, create: bool, extracted: bool | None, **kwargs: object) -> None:
        if create and extracted:
            rows = [
                Availability(member=self, weekday=day, starts=dt.time(0), ends=dt.time(0), since=PAST)
                for day in range(7)
            ]
            Availability.objects.bulk_create(rows)


class CredentialFactory(DjangoModelFactory):
    class Meta:
        model = Credential

    member = factory.SubFactory(MemberFactory)
    type = factory.SubFactory(CredentialTypeFactory)
    issued_on = PAST


class TimeOffFactory(DjangoModelFactory):
    class Meta:
        model = TimeOff

    member = factory.SubFactory(MemberFactory)
    starts_at = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=1))
    ends_at = factory.LazyAttribute(lambda row: row.starts_at + dt.timedelta(days=1))


class ClientFactory(DjangoModelFactory):
    class Meta:
        model = Client
        skip_postgeneration_save = True

    branch = factory.SubFactory(BranchFactory)
    number = factory.Sequence(lambda n: f"C-{n:06}")
    status = Client.Status.ACTIVE
    first_name = "Rosa"
    last_name = factory.Sequence(lambda n: f"Lopez{n}")
    birth_on = dt.date(1940, 5, 12)


class AddressFactory(DjangoModelFactory):
    class Meta:
        model = Address

    client = factory.SubFactory(ClientFactory)
    line1 = "1 Beacon Street"
    city = "Boston"
    state = "MA"
    postal_code = "02108"
    latitude = 42.358
    longitude = -71.063


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    client = factory.SubFactory(ClientFactory)
    name = "Ana Lopez"
    relation = "Daughter"


class DiagnosisFactory(DjangoModelFactory):
    class Meta:
        model = Diagnosis

    client = factory.SubFactory(ClientFactory)
    display = "Heart failure"


class ReferralFactory(DjangoModelFactory):
    class Meta:
        model = Referral

    external_system = "urn:test"
    external_id = factory.Sequence(lambda n: f"ref-{n}")
    content_digest = "0" * 64
    first_name = "Rosa"
    last_name = "Lopez"


class CarePlanFactory(DjangoModelFactory):
    """A draft; use `careplans.services.care_plan` to put it in force."""

    class Meta:
        model = CarePlan

    client = factory.SubFactory(ClientFactory)
    version = 1
    written_by = factory.SubFactory(UserFactory)


class PlannedTaskFactory(DjangoModelFactory):
    class Meta:
        model = PlannedTask

    plan = factory.SubFactory(CarePlanFactory)
    category = TaskCategory.PERSONAL_CARE
    title = "Help with washing"


class ServiceTypeFactory(DjangoModelFactory):
    class Meta:
        model = ServiceType
        django_get_or_create = ("code",)

    code = "PC"
    name = "Personal care"
    categories = factory.LazyFunction(lambda: [TaskCategory.PERSONAL_CARE])


class ScheduleFactory(DjangoModelFactory):
    class Meta:
        model = Schedule

    client = factory.SubFactory(ClientFactory)
    service_type = factory.SubFactory(ServiceTypeFactory)
    rule = "FREQ=WEEKLY;BYDAY=MO,WE,FR"
    starts_on = dt.date(2026, 1, 5)
    start_time = dt.time(8)
    duration_minutes = 60


class VisitFactory(DjangoModelFactory):
    """An open visit of one hour; each further one a day later: a caregiver given to several is never double-booked."""

    class Meta:
        model = Visit

    client = factory.SubFactory(ClientFactory)
    branch = factory.SelfAttribute("client.branch")
    service_type = factory.SubFactory(ServiceTypeFactory)
    starts_at = factory.LazyFunction(
        lambda: dt.datetime(2026, 12, 1, 14, tzinfo=dt.UTC) + dt.timedelta(days=next(_days))
    )
    ends_at = factory.LazyAttribute(lambda row: row.starts_at + dt.timedelta(hours=1))


def completed_visit(caregiver: Member, *, starts_at: dt.datetime, minutes: int = 60, **fields: object) -> Visit:
    """A visit carried out exactly as planned, waiting for approval."""
    ends_at = starts_at + dt.timedelta(minutes=minutes)
    return VisitFactory(
        caregiver=caregiver,
        starts_at=starts_at,
        ends_at=ends_at,
        started_at=starts_at,
        finished_at=ends_at,
        status=Visit.Status.COMPLETED,
        **fields,
    )


def approved_visit(
    caregiver: Member, approver: User, *, starts_at: dt.datetime, minutes: int = 60, **fields: object
) -> Visit:
    """A visit approved with its planned minutes."""
    ends_at = starts_at + dt.timedelta(minutes=minutes)
    return VisitFactory(
        caregiver=caregiver,
        starts_at=starts_at,
        ends_at=ends_at,
        started_at=starts_at,
        finished_at=ends_at,
        status=Visit.Status.APPROVED,
        approved_minutes=minutes,
        approved_starts_at=starts_at,
        approved_ends_at=ends_at,
        approved_by=approver,
        approved_at=timezone.now(),
        **fields,
    )


class PayerFactory(DjangoModelFactory):
    class Meta:
        model = Payer

    name = factory.Sequence(lambda n: f"Payer {n}")
    kind = Payer.Kind.PRIVATE
    bills_client = True


class CoverageFactory(DjangoModelFactory):
    class Meta:
        model = Coverage

    client = factory.SubFactory(ClientFactory)
    payer = factory.SubFactory(PayerFactory)
    since = PAST


class RateFactory(DjangoModelFactory):
    class Meta:
        model = Rate

    payer = factory.SubFactory(PayerFactory)
    service_type = factory.SubFactory(ServiceTypeFactory)
    amount_rate = Decimal("32.0000")
    since = PAST


class AuthorizationFactory(DjangoModelFactory):
    class Meta:
        model = Authorization

    client = factory.SubFactory(ClientFactory)
    payer = factory.SubFactory(PayerFactory)
    service_type = factory.SubFactory(ServiceTypeFactory)
    number = factory.Sequence(lambda n: f"PA{n}")
    starts_on = PAST
    ends_on = dt.date(2030, 12, 31)
    total_units = 400


class PaymentFactory(DjangoModelFactory):
    class Meta:
        model = Payment

    branch = factory.SubFactory(BranchFactory)
    payer = factory.SubFactory(PayerFactory)
    amount = Decimal("100.00")
    method = Payment.Method.CHECK
    received_on = dt.date(2026, 11, 1)
    entered_by = factory.SubFactory(UserFactory)
    submission_key = factory.LazyFunction(uuid.uuid4)
