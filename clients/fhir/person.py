"""The person of a bundle: who they are, how to reach them, where they live, who is close to them."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from clients.fhir.bundle import Bundle, Entry
from clients.fhir.states import state_code
from clients.fhir.summary import ContactPerson, HomeAddress, Identifier, ReferralSummary
from clients.fhir.values import Json, codes, codings, extension, is_over, many, one, text, texts, words

GEOLOCATION = "http://hl7.org/fhir/StructureDefinition/geolocation"
# Identifiers an agency has no use for and should not hold: social security, driving licence, passport, tax, bank card.
NEVER_KEPT_KINDS = {"SS", "DL", "PPN", "TAX", "BC", "BCT", "CZ", "SB"}
NEVER_KEPT_SYSTEMS = {"http://hl7.org/fhir/sid/us-ssn", "urn:oid:2.16.840.1.113883.4.1"}
_LOOKS_LIKE_SSN = re.compile(r"^\d{3}-\d{2}-\d{4}$|^\d{3} \d{2} \d{4}$")
GENDERS = {"female", "male", "other"}
OLDEST_YEARS = 130
NAME_USES = ["official", "usual", "", "nickname", "anonymous", "temp", "maiden", "old"]


def read_person(patient: Entry, bundle: Bundle, today: dt.date) -> tuple[ReferralSummary, list[str]]:
    """Demographics as far as they go, and what is missing without which nobody can take on the person."""
    row = patient.resource
    name, problems = _name(patient, today), []
    born = text(row.get("birthDate"), 10)
    if not (text(name.get("family")) or texts(name.get("given")) or text(name.get("text"))):
        problems.append(_problem(patient, "name", _("is missing; ask the sender for the person's name")))
    problems += _birth_problems(patient, born, today) + _standing_problems(patient)
    first, last = _first_and_last(name)
    identifiers = _identifiers(row)
    summary = ReferralSummary(
        first_name=first,
        last_name=last,
        prefix=" ".join(texts(name.get("prefix")))[:40],
        birth_date=born,
        gender=text(row.get("gender")) if text(row.get("gender")) in GENDERS else "",
        language=_language(row),
        phone=_telecom(row, "phone", today),
        email=_telecom(row, "email", today),
        identifiers=identifiers,
        medical_record_number=next((i.value for i in identifiers if i.kind == "MR"), "")[:60],
        address=_address(row, today),
        contacts=_contacts(patient, bundle, today),
    )
    return summary, problems


def identity(summary: ReferralSummary, patient: Entry) -> tuple[str, str]:
    """(system, id) by which the same sender's next bundle finds this person again.

    The medical record number first, then any other number; a number without a system is only unique at its sender.
    Without numbers it is the server's own id, and at last a digest of name, birth date and street.
    """
    ranked = sorted(summary.identifiers, key=lambda i: (i.kind != "MR", not i.system))
    if ranked:
        found = ranked[0]
        return _short(found.system or f"urn:sender:{summary.sender.casefold()}"), _short(found.value)
    own = text(patient.resource.get("id"), 80)
    if own:
        base = patient.full_url.rsplit("/", 2)[0] if patient.full_url.startswith("http") else "urn:sender:"
        return _short(base if base != "urn:sender:" else f"urn:sender:{summary.sender.casefold()}"), own
    known = f"{summary.full_name}|{summary.birth_date}|{summary.address or ''}".casefold()
    return "urn:homecare:person", hashlib.sha256(known.encode()).hexdigest()


def _short(value: str) -> str:
    return value if len(value) <= 200 else "sha256:" + hashlib.sha256(value.encode()).hexdigest()


def _problem(patient: Entry, element: str, what: str) -> str:
    return _("%(where)s: Patient.%(element)s %(what)s.") % {"where": patient.label, "element": element, "what": what}


def _birth_problems(patient: Entry, born: str, today: dt.date) -> list[str]:
    if not born:
        return [_problem(patient, "birthDate", _("is missing; ask the sender for the date of birth"))]
    if not born[:4].isdigit():
        return []  # the shape check has said so
    if born > today.isoformat()[: len(born)]:
        return [_problem(patient, "birthDate", _("lies in the future; ask the sender to correct it"))]
    if today.year - int(born[:4]) > OLDEST_YEARS:
        return [_problem(patient, "birthDate", _("is more than 130 years ago; ask the sender to correct it"))]
    return []


def _standing_problems(patient: Entry) -> list[str]:
    """Elements that change the meaning of the whole record (FHIR modifier elements of Patient)."""
    row = patient.resource
    died = text(row.get("deceasedDateTime"), 40)
    if died:
        what = _("says that this person died on %(day)s; no care can be planned. Check with the sender") % {
            "day": died[:10]
        }
        return [_problem(patient, "deceasedDateTime", what)]
    if row.get("deceasedBoolean") in (True, "true"):
        what = _("says that this person has died; no care can be planned. Check with the sender")
        return [_problem(patient, "deceasedBoolean", what)]
    if row.get("active") in (False, "false"):
        what = _("says that this record is no longer in use. Ask the sender for the present one")
        return [_problem(patient, "active", what)]
    return []


def _name(patient: Entry, today: dt.date) -> Json:
    """The official name, else the usual one; never a maiden or former name while there is another."""
    names = [row for row in many(patient.resource.get("name")) if not is_over(row.get("period"), today)]
    rank = {use: n for n, use in enumerate(NAME_USES)}
    return min(names, key=lambda row: rank.get(text(row.get("use")), len(rank)), default={})


def _first_and_last(name: Json) -> tuple[str, str]:
    given, family = " ".join(texts(name.get("given"))), text(name.get("family"))
    if not given and not family:
        given, _space, family = text(name.get("text")).rpartition(" ")
    return given[:80], family[:80]


def _identifiers(row: Json) -> list[Identifier]:
    found = []
    for one_row in many(row.get("identifier")):
        kind = next((code for _s, code, _d in codings(one_row.get("type")) if code), "")
        kinds = codes(one_row.get("type"))
        system = text(one_row.get("system")) or text(one(one_row.get("assigner")).get("display"))
        value = text(one_row.get("value"))
        secret = kinds & NEVER_KEPT_KINDS or system in NEVER_KEPT_SYSTEMS or _LOOKS_LIKE_SSN.match(value)
        if value and not secret and text(one_row.get("use")) != "old":
            found.append(Identifier(system, value, "MR" if "MR" in kinds else kind))
    return sorted(found, key=lambda i: (i.kind != "MR", i.system, i.value))


def _language(row: Json) -> str:
    """The primary tag (es of es-US) of the preferred language."""
    spoken = sorted(many(row.get("communication")), key=lambda c: c.get("preferred") is not True)
    for entry in spoken:
        for _system, code, _display in codings(entry.get("language")):
            tag = re.split(r"[-_]", code)[0].lower()
            if re.fullmatch(r"[a-z]{2,3}", tag):
                return tag
    return ""


def _telecom(owner: Json, system: str, today: dt.date) -> str:
    """The number or address to try first: FHIR rank, then mobile or home before work."""
    uses = ["mobile", "home", "", "temp", "work"]
    rows = [
        row
        for row in many(owner.get("telecom"))
        if text(row.get("system")) == system
        and text(row.get("value"))
        and text(row.get("use")) != "old"
        and not is_over(row.get("period"), today)
    ]

    def rank(row: Json) -> tuple[int, int]:
        place, use = row.get("rank"), text(row.get("use"))
        return (place if isinstance(place, int) else 99, uses.index(use) if use in uses else len(uses))

    found = text(min(rows, key=rank, default={}).get("value"))
    if system == "phone":
        return _phone(found)
    return found if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", found) and len(found) <= 254 else ""


def _phone(value: str) -> str:
    """(617) 555-0138 for a number of the North American plan; any other as it was written."""
    digits = re.sub(r"\D", "", value.removeprefix("tel:"))
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) == 10 and re.fullmatch(r"(tel:)?[-+() .\d]+", value):
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return value[:20]


def _address(row: Json, today: dt.date) -> HomeAddress | None:
    uses = ["home", "temp", "", "work", "billing", "old"]
    rows = [a for a in many(row.get("address")) if not is_over(a.get("period"), today)]
    rows = [a for a in rows if text(a.get("use")) != "old"]

    def rank(a: Json) -> tuple[bool, int]:
        use = text(a.get("use"))
        return (text(a.get("type")) == "postal", uses.index(use) if use in uses else len(uses))

    found = min(rows, key=rank, default=None)
    if found is None:
        return None
    latitude, longitude = _place(found)
    address = HomeAddress(
        lines=texts(found.get("line")) or [line for line in [text(found.get("text"))] if line],
        city=text(found.get("city"), 80),
        state=state_code(text(found.get("state"), 60)),
        postal_code=text(found.get("postalCode"), 20),
        country=text(found.get("country"), 60),
        latitude=latitude,
        longitude=longitude,
    )
    return address if address.lines or address.city or address.place else None


def _degrees(row: Json, most: int) -> float | None:
    value = row.get("valueDecimal")
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return float(value) if -most <= value <= most else None


def _place(address: Json) -> tuple[float | None, float | None]:
    """WGS 84 degrees of the geolocation extension; a half or impossible pair counts as none."""
    geo = extension(address, GEOLOCATION)
    latitude, longitude = _degrees(extension(geo, "latitude"), 90), _degrees(extension(geo, "longitude"), 180)
    if latitude is None or longitude is None or (latitude, longitude) == (0, 0):
        return None, None
    return latitude, longitude


def _contacts(patient: Entry, bundle: Bundle, today: dt.date) -> list[ContactPerson]:
    """Patient.contact and the RelatedPersons, each name once."""
    found: dict[str, ContactPerson] = {}
    related = [entry.resource for entry in bundle.of("RelatedPerson") if entry.resource.get("active") is not False]
    for row in [*many(patient.resource.get("contact")), *related]:
        if is_over(row.get("period"), today):
            continue
        contact = _contact(row, today)
        if contact.name:
            found.setdefault(contact.name.casefold(), contact)
    return sorted(found.values(), key=lambda c: (not c.is_emergency, c.name))


def _contact(row: Json, today: dt.date) -> ContactPerson:
    names: Any = row.get("name")
    name = one(names) or next(iter(many(names)), {})
    relations = many(row.get("relationship"))
    kinds = {code for relation in relations for code in codes(relation)}
    said = [words(relation) for relation in relations if codes(relation) != {"C"}]
    return ContactPerson(
        name=(" ".join(part for part in _first_and_last(name) if part) or text(name.get("text")))[:120],
        relation=next((word for word in said if word), "")[:60],
        phone=_telecom(row, "phone", today),
        email=_telecom(row, "email", today),
        is_emergency="C" in kinds,
    )
