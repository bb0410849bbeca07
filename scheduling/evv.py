"""The six elements of an electronically verified visit (21st Century Cures Act, s. 12006; STANDARDS 1.1). Pure.

Type of service, who received it, the date, where, who provided it, when it began and ended. A visit that lacks one is
not billable to Medicaid; `missing_elements` says which, in a sentence each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

OFFICE, TELEPHONY, FIXED_DEVICE = "office", "telephony", "fixed_device"
# Exceptions whose reason says where it was.
EXPLAINS_PLACE = ("no_position", "unknown_phone")


def says_where(punch: Any) -> bool:
    """By position, by a telephone on the client's file, by a device at the address, or by the word of the office."""
    if punch.method == TELEPHONY:
        return punch.client_id is not None
    return punch.method in (FIXED_DEVICE, OFFICE) or punch.latitude is not None


def is_placed(visit: Any, punches: Iterable[Any], exceptions: Iterable[Any]) -> bool:
    """Is it known where the visit took place? `scheduling/evv_rows.py` asks the same of many visits in the database.

    A reason given for a missing position or a strange telephone is the word of a person who looked into where it was;
    a visit by telephone or video has no place to verify.
    """
    if getattr(visit.service_type, "is_remote", False):
        return True
    explained = any(one.kind in EXPLAINS_PLACE and one.resolved_at for one in exceptions)
    return explained or any(says_where(punch) for punch in punches)


def missing_elements(visit: Any, placed: bool) -> list[str]:
    """What is missing of the six, as sentences; empty when the visit is complete.

    The office's approved times count as times.
    """
    found = []
    if visit.service_type_id is None:
        found.append(_("The service is missing."))
    if visit.client_id is None:
        found.append(_("The client is missing."))
    if visit.caregiver_id is None:
        found.append(_("The caregiver is missing."))
    if not placed:
        found.append(_("Nothing says where the visit took place."))
    if visit.started_at is None and visit.approved_starts_at is None:
        found.append(_("There is no start."))
    if visit.finished_at is None and visit.approved_ends_at is None:
        found.append(_("There is no end."))
    return found
