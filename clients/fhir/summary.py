"""What a referral says, as plain data: the shape in which a bundle is kept and handed to the other domains.

Dates are ISO texts as the sender wrote them (`1941`, `1941-05` and `1941-05-12` are all FHIR dates); values are
decimal texts in the unit of their sign. Nothing here needs a database.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"


def full_date(text: str) -> dt.date | None:
    """The calendar day, None while only a year or month is known."""
    try:
        return dt.date.fromisoformat(text[:10]) if len(text) >= 10 else None
    except ValueError:
        return None


@dataclass
class Identifier:
    """A number somebody gave the person. `kind` is the v2-0203 code (MR = medical record number)."""

    system: str
    value: str
    kind: str = ""


@dataclass
class HomeAddress:
    """Where the person lives; `place` when the sender gave coordinates (WGS 84)."""

    lines: list[str] = field(default_factory=list)
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    latitude: float | None = None
    longitude: float | None = None

    @property
    def place(self) -> tuple[float, float] | None:
        return (self.latitude, self.longitude) if self.latitude is not None and self.longitude is not None else None

    def __str__(self) -> str:
        return ", ".join(part for part in (*self.lines, self.city, f"{self.state} {self.postal_code}".strip()) if part)


@dataclass
class ContactPerson:
    """Somebody close to the person."""

    name: str
    relation: str = ""
    phone: str = ""
    email: str = ""
    is_emergency: bool = False


@dataclass
class Condition:
    """A condition that is active now, in the sender's code."""

    display: str
    system: str = ""
    code: str = ""
    onset: str = ""

    @property
    def onset_on(self) -> dt.date | None:
        return full_date(self.onset)


@dataclass
class Medication:
    """A medicine the person takes now. `code` is RxNorm when the sender gave it."""

    name: str
    system: str = ""
    code: str = ""
    dosage: str = ""
    as_needed: bool = False
    ordered: str = ""
    ordered_by: str = ""

    @property
    def ordered_on(self) -> dt.date | None:
        return full_date(self.ordered)


@dataclass
class Allergy:
    """A substance the person must not meet. `severity` is high, low or empty (FHIR criticality)."""

    substance: str
    system: str = ""
    code: str = ""
    reaction: str = ""
    severity: str = ""


@dataclass
class Activity:
    """What the hospital's care plan asks for. `prohibited`: it must not be done."""

    display: str
    system: str = ""
    code: str = ""
    plan: str = ""
    prohibited: bool = False


@dataclass
class Vital:
    """The latest value of one sign: our word for it, the LOINC code read, a decimal text and its UCUM unit."""

    kind: str
    loinc: str
    value: str
    unit: str
    taken: str = ""

    @property
    def number(self) -> Decimal:
        return Decimal(self.value)

    @property
    def taken_at(self) -> dt.datetime | None:
        """The moment in UTC; a bare day counts as its noon, None when only a month or year is known."""
        try:
            moment = dt.datetime.fromisoformat(self.taken.replace("Z", "+00:00"))
            if len(self.taken) <= 10:
                moment = moment.replace(hour=12)
            return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        except (ValueError, OverflowError):
            return None


@dataclass
class ReferralSummary:
    """Everything intake keeps of a bundle. `notes` are sentences about what was left out and why."""

    first_name: str
    last_name: str
    prefix: str = ""
    birth_date: str = ""
    gender: str = ""
    language: str = ""
    phone: str = ""
    email: str = ""
    external_system: str = ""
    external_id: str = ""
    medical_record_number: str = ""
    sender: str = ""
    identifiers: list[Identifier] = field(default_factory=list)
    address: HomeAddress | None = None
    contacts: list[ContactPerson] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    medications: list[Medication] = field(default_factory=list)
    allergies: list[Allergy] = field(default_factory=list)
    no_known_allergies: bool = False
    activities: list[Activity] = field(default_factory=list)
    vitals: list[Vital] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def birth_on(self) -> dt.date | None:
        return full_date(self.birth_date)

    @property
    def digest(self) -> str:
        """SHA-256 of what was read; the order of resources in the file and our remarks do not count."""
        plain = {name: value for name, value in self.to_json().items() if name != "notes"}
        for name in LISTS:
            plain[name] = sorted(json.dumps(row, sort_keys=True) for row in plain[name])
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """The inverse of to_json; keys of a later version are ignored."""
        values = {f.name: plain[f.name] for f in dataclasses.fields(cls) if f.name in plain}
        if values.get("address"):
            values["address"] = _made(HomeAddress, values["address"])
        for name, kind in LISTS.items():
            values[name] = [_made(kind, row) for row in values.get(name, [])]
        return cls(**{"first_name": "", "last_name": "", **values})


def _made(kind: Any, plain: dict[str, Any]) -> Any:
    names = {f.name for f in dataclasses.fields(kind)}
    return kind(**{name: value for name, value in plain.items() if name in names})


LISTS: dict[str, Any] = {
    "identifiers": Identifier,
    "contacts": ContactPerson,
    "conditions": Condition,
    "medications": Medication,
    "allergies": Allergy,
    "activities": Activity,
    "vitals": Vital,
}
