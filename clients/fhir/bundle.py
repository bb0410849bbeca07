"""From bytes to resources: what kind of file this is, and how its references find each other.

References may be relative (Patient/1), absolute (https://…/Patient/1), versioned (…/_history/2), urn:uuid: entries'
fullUrl, or #contained (FHIR R4, 2.3 and 3.1.6 "Resolving references in bundles").
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from clients.fhir.values import Json, label, many, one, text

READABLE_TYPES = {"document", "message", "transaction", "batch", "collection", "searchset"}
MAX_NESTING = 3


class Unreadable(Exception):
    """The file as a whole cannot be read; the text is a sentence for the person who sent it in."""


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse(raw: bytes, *, max_bytes: int) -> Any:
    """The JSON of a file; raises Unreadable with the reason."""
    if len(raw) > max_bytes:
        raise Unreadable(
            _("This file has %(size)s MB; at most %(most)s MB are read. Ask the sender for the discharge summary only.")
            % {"size": round(len(raw) / 1e6, 1), "most": round(max_bytes / 1e6)}
        )
    start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:4]
    if not start:
        raise Unreadable(_("This file is empty. Ask the sender to export it again."))
    if start.startswith(b"<"):
        raise Unreadable(_("This file is XML. Ask the sender for the same FHIR R4 bundle in JSON."))
    if start in (b"%PDF", b"PK\x03\x04"):
        raise Unreadable(
            _("This is a PDF, Office or zip file. Ask the sender for a FHIR R4 bundle in JSON, or unzip it first.")
        )
    try:
        document = raw.decode(json.detect_encoding(raw))
        return json.loads(document, parse_float=Decimal, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(
            _("This file is not JSON: line %(line)s, column %(column)s cannot be read. Perhaps it was cut off.")
            % {"line": error.lineno, "column": error.colno}
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(_("This file is not JSON text. Ask the sender for a FHIR R4 bundle in JSON.")) from error


@dataclass
class Entry:
    """One resource with the address under which others refer to it."""

    resource: Json
    full_url: str
    position: int

    @property
    def kind(self) -> str:
        return text(self.resource.get("resourceType"), 60)

    @property
    def label(self) -> str:
        return label(self.resource, self.position)


class Bundle:
    """The resources of a file, found by type or by reference."""

    def __init__(self, document: Any):
        self.document = one(document)
        self.entries = _distinct(_entries(document, 0))
        self.by_kind: dict[str, list[Entry]] = {}
        self._by_address: dict[str, Entry] = {}
        for entry in self.entries:
            self.by_kind.setdefault(entry.kind, []).append(entry)
            for address in _addresses(entry):
                self._by_address.setdefault(address, entry)

    def of(self, *kinds: str) -> list[Entry]:
        return [entry for kind in kinds for entry in self.by_kind.get(kind, [])]

    def resolve(self, reference: Any, inside: Json | None = None) -> Json | None:
        """The resource a Reference points to, contained ones included; None when it is not in the file."""
        target = text(one(reference).get("reference"), 2000)
        if target.startswith("#"):
            return next((row for row in many(one(inside).get("contained")) if row.get("id") == target[1:]), None)
        found = self.find(target)
        return found.resource if found else None

    def find(self, target: str) -> Entry | None:
        plain = target.split("/_history/")[0]
        found = self._by_address.get(plain)
        if found is None and "://" in plain:
            # An absolute reference into a file whose entries carry no server address of their own.
            found = self._by_address.get("/".join(plain.split("/")[-2:]))
            return found if found and not found.full_url.startswith("http") else None
        return found


def _addresses(entry: Entry) -> Iterator[str]:
    if entry.full_url:
        yield entry.full_url.split("/_history/")[0]
    identity = text(entry.resource.get("id"), 80)
    if identity:
        yield f"{entry.kind}/{identity}"
    tail = entry.full_url.split("/")[-2:]
    if len(tail) == 2 and tail[0] == entry.kind:
        yield "/".join(tail)


def _entries(document: Any, depth: int) -> list[Entry]:
    """The resources of a bundle, of bundles inside it, of a bare list, or the lone resource of a file."""
    if isinstance(document, list):
        return [Entry(row, "", n) for n, row in enumerate(document) if isinstance(row, dict)]
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        raise Unreadable(_("This is JSON but not FHIR: resourceType is missing. Ask the sender for a FHIR R4 bundle."))
    if document["resourceType"] != "Bundle":
        return [Entry(document, "", 0)]
    _check_type(document)
    found: list[Entry] = []
    for number, row in enumerate(many(document.get("entry"))):
        resource = row.get("resource")
        if not isinstance(resource, dict):
            continue
        if resource.get("resourceType") == "Bundle" and depth < MAX_NESTING:
            found += _entries(resource, depth + 1)
        else:
            found.append(Entry(resource, text(row.get("fullUrl"), 2000), number))
    return found


def _check_type(document: Json) -> None:
    kind = text(document.get("type"), 60)
    if kind not in READABLE_TYPES:
        raise Unreadable(
            _(
                "Bundle.type is “%(type)s”. A referral is a document, message, transaction, batch, collection or"
                " searchset. Ask the sender for one of these."
            )
            % {"type": kind or _("missing")}
        )


def _distinct(entries: list[Entry]) -> list[Entry]:
    """The same resource twice, as search results and their includes come, counts once."""
    seen: dict[tuple[str, str], Json] = {}
    kept = []
    for entry in entries:
        key = (entry.kind, text(entry.resource.get("id"), 80))
        if key[1] and seen.get(key) == entry.resource:
            continue
        seen.setdefault(key, entry.resource)
        kept.append(entry)
    return kept
