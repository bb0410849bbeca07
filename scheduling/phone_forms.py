"""A phone act sent as a plain form, for browsers without scripts: the same act the outbox would send."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from careplans.models.vital import VitalKind
from careplans.services.vital_reading import check_value
from homecare.errors import DomainError
from scheduling.fixed_codes import DIGITS
from scheduling.phone_envelope import read_envelope, read_values
from scheduling.phone_reasons import NotApplied
from scheduling.services.visit_task import NEEDS_REASON


def _task(post: QueryDict) -> dict[str, Any]:
    if post.get("outcome") in NEEDS_REASON and not post.get("reason", "").strip():
        raise DomainError(_("Say in a few words why the task was not done."), field="reason")
    return {name: post.get(name, "") for name in ("planned_task", "outcome", "reason")}


def _vitals(post: QueryDict) -> dict[str, Any]:
    typed = {kind: post[kind] for kind in VitalKind.values if post.get(kind, "").strip()}
    if not typed:
        raise DomainError(_("Enter at least one value."), field="values")
    try:
        values = read_values(typed, set(VitalKind.values))
    except NotApplied:
        raise DomainError(_("Enter numbers only."), field="values") from None
    for kind, value in values.items():
        check_value(kind, value)
    return {"values": typed}


def _note(post: QueryDict) -> dict[str, Any]:
    text = post.get("text", "").strip()
    if not text:
        raise DomainError(_("Write something before you save the note."), field="text")
    return {"text": text}


def _clock(post: QueryDict) -> dict[str, Any]:
    return {"position_problem": "no_script"}


def _device_code(post: QueryDict) -> dict[str, Any]:
    code = "".join(one for one in post.get("code", "") if one.isdecimal())
    if len(code) != DIGITS:
        raise DomainError(_("A code has eight digits."), field="code")
    return {"kind": "out" if post.get("kind") == "out" else "in", "code": code}


def _correction(post: QueryDict) -> dict[str, Any]:
    body = {name: post.get(name, "").strip() for name in ("start", "end", "reason", "signed_name")}
    if not body["start"] and not body["end"]:
        raise DomainError(_("Enter when the visit began or ended."), field="start")
    for name in ("start", "end"):
        try:
            dt.time.fromisoformat(body[name] or "00:00")
        except ValueError:
            raise DomainError(_("Enter a time, for example 08:15."), field=name) from None
    if not body["reason"]:
        raise DomainError(_("Say in a few words why the times are wrong."), field="reason")
    if not body["signed_name"]:
        raise DomainError(_("Enter the name of who confirms the times."), field="signed_name")
    return body


def _nothing(post: QueryDict) -> dict[str, Any]:
    return {}


BODIES = {
    "clock_in": _clock,
    "clock_out": _clock,
    "task": _task,
    "vitals": _vitals,
    "note": _note,
    "confirm": _nothing,
    "device_code": _device_code,
    "correction": _correction,
}


def act_of(post: QueryDict, kind: str, visit_id: int) -> dict[str, Any]:
    """The envelope of a posted form; DomainError names what is missing, before anything is kept."""
    raw = {
        "key": post.get("key") or str(uuid.uuid4()),
        "kind": kind,
        "visit": visit_id,
        "at": timezone.now().isoformat(),
        "body": BODIES[kind](post),
    }
    return {**read_envelope(raw), "is_timed_here": True}
