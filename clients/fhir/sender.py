"""Which organisation sent the person: the first that a bundle names, from the most to the least direct."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clients.fhir.bundle import Bundle, Entry
from clients.fhir.values import Json, many, moment, one, text


def read_sender(patient: Entry, bundle: Bundle) -> str:
    """The organisation's name in at most 120 characters, '' when the bundle names none."""
    for reference, owner in _candidates(patient, bundle):
        found = _organization_name(reference, owner, bundle)
        if found:
            return found
    names = [text(entry.resource.get("name"), 120) for entry in bundle.of("Organization")]
    return names[0] if len(names) == 1 else ""


def _candidates(patient: Entry, bundle: Bundle) -> Iterator[tuple[Any, Json]]:
    """Document custodian, message sender, managing organisation, and the provider of the latest stay."""
    for entry in bundle.of("Composition"):
        yield entry.resource.get("custodian"), entry.resource
        for author in many(entry.resource.get("author")):
            yield author, entry.resource
    for entry in bundle.of("MessageHeader"):
        yield entry.resource.get("sender"), entry.resource
    yield patient.resource.get("managingOrganization"), patient.resource
    stays = bundle.of("Encounter")
    for entry in sorted(stays, key=lambda e: moment(one(e.resource.get("period")).get("start")), reverse=True):
        yield entry.resource.get("serviceProvider"), entry.resource


def _organization_name(reference: Any, owner: Json, bundle: Bundle) -> str:
    resource = bundle.resolve(reference, inside=owner)
    if resource is None:
        return text(one(reference).get("display"), 120)
    return text(resource.get("name"), 120) if resource.get("resourceType") == "Organization" else ""
