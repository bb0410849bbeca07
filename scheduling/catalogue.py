"""Reference data of scheduling: the services an agency usually offers, and the reason codes."""

from __future__ import annotations

from scheduling import reason_codes
from scheduling.models import ServiceType
from staff.models import TaskCategory as Task

# code, name, board colour, task categories a caregiver's scope must cover
SERVICE_TYPES: tuple[tuple[str, str, int, tuple[Task, ...]], ...] = (
    ("COMP", "Companionship", 1, (Task.COMPANIONSHIP,)),
    ("HOME", "Homemaking", 2, (Task.HOUSEWORK, Task.MEALS)),
    ("PC", "Personal care", 3, (Task.PERSONAL_CARE, Task.MOBILITY)),
    ("RESP", "Respite care", 4, (Task.PERSONAL_CARE, Task.COMPANIONSHIP)),
    ("HHA", "Home health aide", 5, (Task.PERSONAL_CARE, Task.VITALS, Task.MEDICATION_ASSISTANCE)),
    ("POST", "Post-surgical support", 5, (Task.PERSONAL_CARE, Task.MOBILITY, Task.POST_SURGICAL)),
    ("LIVE", "Live-in care", 6, (Task.LIVE_IN,)),
    ("SN", "Skilled nursing", 7, (Task.SKILLED_NURSING,)),
    ("PT", "Physical therapy", 8, (Task.PHYSICAL_THERAPY,)),
    ("OT", "Occupational therapy", 8, (Task.OCCUPATIONAL_THERAPY,)),
    ("MSW", "Medical social work", 1, (Task.SOCIAL_WORK,)),
    ("ASMT", "Assessment and supervision", 7, (Task.ASSESSMENT,)),
)
NOT_BILLABLE = {"ASMT"}


def load_service_types() -> None:
    """Adds what is missing; what the agency renamed or switched off stays as it is."""
    for code, name, colour, categories in SERVICE_TYPES:
        ServiceType.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "colour": colour,
                "categories": list(categories),
                "is_billable": code not in NOT_BILLABLE,
            },
        )


def load() -> None:
    load_service_types()
    reason_codes.load()
