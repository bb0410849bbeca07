"""Reference data of scheduling: the services an agency usually offers, and the reason codes."""

from __future__ import annotations

from dataclasses import dataclass

from scheduling import reason_codes
from scheduling.models import ServiceType
from staff.catalogue import DAILY_LIVING, SUPPORTED
from staff.models import TaskCategory as T


@dataclass(frozen=True)
class ServiceEntry:
    """`needed`: what a scope must cover. `performed`: the care plan's tasks that are done in such visits."""

    code: str
    name: str
    colour: int
    needed: tuple[T, ...]
    performed: tuple[T, ...]
    is_billable: bool = True
    mode: str = ServiceType.Mode.IN_PERSON


HOMEMAKING = (T.HOUSEWORK, T.MEALS, T.COMPANIONSHIP, T.TRANSPORT)
NURSING = (T.VITALS, T.MEDICATION_ASSISTANCE, T.NURSING_ASSISTANCE, T.SKILLED_NURSING, T.WOUND_CARE, T.POST_SURGICAL)
SERVICE_TYPES: tuple[ServiceEntry, ...] = (
    ServiceEntry("COMP", "Companionship", 1, (T.COMPANIONSHIP,), (*HOMEMAKING, T.MEDICATION_REMINDER)),
    ServiceEntry("HOME", "Homemaking", 2, (T.HOUSEWORK, T.MEALS), HOMEMAKING),
    ServiceEntry("PC", "Personal care", 3, (T.PERSONAL_CARE, T.MOBILITY), DAILY_LIVING),
    ServiceEntry("RESP", "Respite care", 4, (T.PERSONAL_CARE, T.COMPANIONSHIP), DAILY_LIVING),
    ServiceEntry("HHA", "Home health aide", 5, (T.PERSONAL_CARE, T.VITALS, T.MEDICATION_ASSISTANCE), SUPPORTED),
    ServiceEntry("POST", "Post-surgical support", 5, (T.PERSONAL_CARE, T.MOBILITY, T.POST_SURGICAL), SUPPORTED),
    ServiceEntry("LIVE", "Live-in care", 6, (T.LIVE_IN,), (*DAILY_LIVING, T.LIVE_IN)),
    ServiceEntry("SN", "Skilled nursing", 7, (T.SKILLED_NURSING,), NURSING),
    ServiceEntry("PT", "Physical therapy", 8, (T.PHYSICAL_THERAPY,), (T.PHYSICAL_THERAPY,)),
    ServiceEntry("OT", "Occupational therapy", 8, (T.OCCUPATIONAL_THERAPY,), (T.OCCUPATIONAL_THERAPY,)),
    ServiceEntry("MSW", "Medical social work", 1, (T.SOCIAL_WORK,), (T.SOCIAL_WORK,)),
    ServiceEntry("ASMT", "Assessment and supervision", 7, (T.ASSESSMENT,), (T.ASSESSMENT,), is_billable=False),
    ServiceEntry("CALL", "Follow-up call", 7, (T.ASSESSMENT,), (T.ASSESSMENT,), False, ServiceType.Mode.TELEPHONE),
    ServiceEntry("TELE", "Nurse's video visit", 7, (T.SKILLED_NURSING,), (T.VITALS,), True, ServiceType.Mode.VIDEO),
    ServiceEntry("APPT", "To a doctor's appointment", 4, (T.COMPANIONSHIP, T.TRANSPORT), (T.TRANSPORT,)),
)


def load_service_types() -> None:
    """Adds what is missing; what the agency renamed or switched off stays as it is."""
    for entry in SERVICE_TYPES:
        ServiceType.objects.get_or_create(
            code=entry.code,
            defaults={
                "name": entry.name,
                "colour": entry.colour,
                "categories": list(entry.needed),
                "performed": list(entry.performed),
                "is_billable": entry.is_billable,
                "mode": entry.mode,
            },
        )


def load() -> None:
    load_service_types()
    reason_codes.load()
