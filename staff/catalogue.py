"""Credential types and caregiving roles an agency starts with (DESIGN.md section 1; STANDARDS.md 3.5).

`load` adds what is missing and never overwrites: what an agency changed in its own catalogue stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from staff.models import CredentialType, Role, TaskCategory

T = TaskCategory


@dataclass(frozen=True)
class TypeEntry:
    """A credential type. `warn_days` is the first warning before expiry; 0 for what never expires."""

    code: str
    name: str
    warn_days: int = 60

    @property
    def expires(self) -> bool:
        return self.warn_days > 0


@dataclass(frozen=True)
class RoleEntry:
    """A profession: what it may do, what each member must hold, who supervises it and what comes next."""

    code: str
    name: str
    scope: tuple[T, ...]
    credentials: tuple[str, ...]
    supervised_by: str = ""
    next_step: str = ""


CREDENTIAL_TYPES: tuple[TypeEntry, ...] = (
    TypeEntry("LIC-RN", "Registered nurse licence"),
    TypeEntry("LIC-LPN", "Practical nurse licence"),
    TypeEntry("LIC-PT", "Physical therapist licence"),
    TypeEntry("LIC-OT", "Occupational therapist licence"),
    TypeEntry("LIC-SW", "Social worker licence"),
    TypeEntry("CERT-CNA", "Nurse aide certificate and registry check"),
    TypeEntry("CERT-HHA", "Home health aide training (75 h) and competency test", 0),
    TypeEntry("CERT-PSW", "Personal support training and competency test", 0),
    TypeEntry("CPR", "CPR"),
    TypeEntry("FIRST-AID", "First aid"),
    TypeEntry("TB", "Tuberculosis test"),
    TypeEntry("PHYSICAL", "Fitness for work examination"),
    TypeEntry("HEP-B", "Hepatitis B vaccination or declination", 0),
    TypeEntry("FLU", "Influenza vaccination of the season", 30),
    TypeEntry("BACKGROUND", "Background check"),
    TypeEntry("OIG", "Exclusion list check (OIG and SAM)", 7),
    TypeEntry("I-9", "Right to work", 0),
    TypeEntry("DRIVER", "Driver licence"),
    TypeEntry("AUTO-INS", "Auto insurance", 30),
    TypeEntry("HIPAA", "Privacy training (HIPAA)", 30),
    TypeEntry("ABUSE", "Abuse and neglect reporting training", 30),
    TypeEntry("INFECTION", "Infection control training (OSHA)", 30),
    TypeEntry("DEMENTIA", "Dementia care training", 30),
    TypeEntry("COMPETENCY", "Yearly competency evaluation", 30),
)

EVERYBODY = ("BACKGROUND", "TB", "HIPAA", "CPR")
AIDES = (*EVERYBODY, "FIRST-AID")

DAILY_LIVING = (
    T.PERSONAL_CARE,
    T.MOBILITY,
    T.MEALS,
    T.HOUSEWORK,
    T.COMPANIONSHIP,
    T.TRANSPORT,
    T.MEDICATION_REMINDER,
)
SUPPORTED = (*DAILY_LIVING, T.VITALS, T.MEDICATION_ASSISTANCE, T.POST_SURGICAL)
NURSING = (*SUPPORTED, T.NURSING_ASSISTANCE, T.SKILLED_NURSING, T.WOUND_CARE)

ROLES: tuple[RoleEntry, ...] = (
    RoleEntry("PSW", "Personal support worker", DAILY_LIVING, (*AIDES, "CERT-PSW"), "RN", "HMA"),
    RoleEntry("HMA", "Home medical aide", SUPPORTED, (*AIDES, "CERT-HHA"), "RN", "CNA"),
    RoleEntry(
        "CNA", "Certified nursing assistant", (*SUPPORTED, T.NURSING_ASSISTANCE), (*AIDES, "CERT-CNA"), "RN", "LPN"
    ),
    RoleEntry("LIVEIN", "Live-in caregiver", (*DAILY_LIVING, T.LIVE_IN), (*AIDES, "CERT-PSW"), "RN", "HMA"),
    RoleEntry("LPN", "Licensed practical nurse", NURSING, (*EVERYBODY, "LIC-LPN"), "RN", "RN"),
    RoleEntry("RN", "Registered nurse", (*NURSING, T.ASSESSMENT), (*EVERYBODY, "LIC-RN")),
    RoleEntry(
        "PT",
        "Physical therapist",
        (T.PHYSICAL_THERAPY, T.MOBILITY, T.POST_SURGICAL, T.VITALS, T.ASSESSMENT),
        (*EVERYBODY, "LIC-PT"),
    ),
    RoleEntry(
        "OT",
        "Occupational therapist",
        (T.OCCUPATIONAL_THERAPY, T.PERSONAL_CARE, T.MOBILITY, T.MEALS, T.VITALS, T.ASSESSMENT),
        (*EVERYBODY, "LIC-OT"),
    ),
    RoleEntry("SW", "Social worker", (T.SOCIAL_WORK, T.COMPANIONSHIP, T.ASSESSMENT), (*EVERYBODY, "LIC-SW")),
)


def _types() -> dict[str, CredentialType]:
    for entry in CREDENTIAL_TYPES:
        CredentialType.objects.get_or_create(
            code=entry.code,
            defaults={"name": entry.name, "expires": entry.expires, "warn_days": entry.warn_days},
        )
    return {row.code: row for row in CredentialType.objects.all()}


@transaction.atomic
def load() -> None:
    """Adds the missing credential types and roles; a second run changes nothing."""
    types = _types()
    made = []
    for entry in ROLES:
        role, is_new = Role.objects.get_or_create(
            code=entry.code, defaults={"name": entry.name, "scope": list(entry.scope)}
        )
        if is_new:
            role.required_credentials.set([types[code] for code in entry.credentials])
            made.append((role, entry))
    roles = {role.code: role for role in Role.objects.all()}
    for role, entry in made:
        role.supervised_by = roles.get(entry.supervised_by)
        role.next_step = roles.get(entry.next_step)
        role.save(update_fields=["supervised_by", "next_step"])
