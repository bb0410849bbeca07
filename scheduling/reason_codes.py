"""Why a visit's electronic record needed a person: the tables that programmes ask for (STANDARDS 1.4).

Default: CT DSS alternate EVV specification v1.5, Sandata. The texts are ours. Agencies add tables on the settings page.
"""

from __future__ import annotations

from typing import Any

from scheduling.models import ReasonCode

DEFAULT_SET = "default"
CODES: tuple[tuple[str, str], ...] = (
    ("01", "Client asked for another time"),
    ("02", "Wrong staff number entered"),
    ("03", "No clock-in or clock-out"),
    ("04", "No clock-out"),
    ("05", "Scheduling error"),
    ("06", "No clock-in"),
    ("07", "Cancelled by the system"),
    ("08", "Client asked for another caregiver"),
    ("09", "Client's phone in use"),
    ("10", "Phone disconnected"),
    ("11", "Emergency of the client"),
    ("12", "Caregiver late"),
    ("13", "Caregiver injured"),
    ("14", "Family emergency of the caregiver"),
    ("15", "A different caregiver came"),
    ("16", "Transport problem"),
    ("17", "Whole shift could not be staffed"),
    ("18", "Extra caregiver needed"),
    ("19", "Caregiver early"),
    ("20", "Weather or disaster"),
    ("21", "Caregiver's time off"),
    ("22", "Other"),
    ("23", "Phone not working"),
    ("24", "Check-in not working"),
    ("25", "Check-out not working"),
    ("26", "Tasks updated"),
    ("27", "Fixed device not available"),
    ("28", "Schedule changed"),
    ("29", "Shift extended"),
    ("30", "Blended services corrected"),
    ("71", "Virtual visit"),
)
NEEDS_MEMO = {"22"}
# The 200-series with what was done about it, as users of the HHAeXchange portal in New York know it.
SERIES_200 = "200-series"
CODES_200: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("200", "Phone not linked to the client", ("unknown_phone",)),
    ("201", "Client refused the use of the phone", ()),
    ("202", "No phone in the home", ()),
    ("203", "Phone in use", ()),
    ("204", "Service outside the home", ("far",)),
    ("205", "Line fault", ()),
    ("206", "Client changed or cancelled", ("not_scheduled",)),
    ("207", "Address or position not linked to the client", ("inaccurate",)),
    ("208", "No clock-in", ("no_in",)),
    ("209", "No clock-out", ("no_out",)),
    ("210", "Neither clock-in nor clock-out", ()),
    ("211", "Clocked early or late", ("late", "early", "short", "long", "overlap", "clock_skew")),
    ("212", "Wrong number entered or tasks do not match", ("tasks_missing",)),
    ("213", "Wrong code of a device", ()),
    ("214", "Caregiver did not report", ()),
    ("215", "Device not installed yet", ()),
    ("216", "Device faulty", ()),
    ("217", "Phone app cannot be used", ("no_position", "mock_location")),
    ("218", "No internet, or verification system down", ("offline",)),
    ("219", "Data entry error", ("manual",)),
    ("220", "No replacement", ()),
    ("221", "Timesheet received", ()),
    ("222", "Other", ()),
)
ACTIONS_200: tuple[tuple[str, str], ...] = (
    ("11", "Confirmed with somebody outside"),
    ("12", "Confirmed with the client"),
    ("13", "Another caregiver"),
    ("14", "Planned again"),
    ("15", "Care suspended"),
    ("16", "Address corrected"),
    ("17", "Phone number corrected"),
    ("18", "Other way of clocking"),
    ("19", "Signed timesheet on file"),
    ("20", "Mutual or cluster case"),
)
# Texas asks for a number with a letter since October 2023; the part of its table that we know for certain.
TEXAS = "Texas"
CODES_TEXAS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("210I", "No electronic clock-in or clock-out: emergency", ()),
    ("210J", "No electronic clock-in or clock-out: system down", ("no_in", "no_out", "manual", "offline")),
    ("600", "Other", ()),
)


def load() -> None:
    """Adds the codes that are missing; loading twice is harmless, and what an agency changed stays."""
    for code, text in CODES:
        _keep(DEFAULT_SET, code, text, needs_memo=code in NEEDS_MEMO)
    for code, text, suggests in CODES_200:
        _keep(SERIES_200, code, text, suggests=suggests, needs_memo=code == "222")
    for code, text in ACTIONS_200:
        _keep(SERIES_200, code, text, kind=ReasonCode.Kind.ACTION)
    for code, text, suggests in CODES_TEXAS:
        _keep(TEXAS, code, text, suggests=suggests, needs_memo=code in ("210I", "600"))


def _keep(set_name: str, code: str, text: str, *, kind: str = ReasonCode.Kind.REASON, **fields: Any) -> None:
    values = {"text": text, **fields, "suggests": list(fields.get("suggests", ()))}
    ReasonCode.objects.get_or_create(set_name=set_name, kind=kind, code=code, defaults=values)
