"""Why a visit's electronic record needed a person: the table the Connecticut programme asks for (STANDARDS 1.4).

Source: CT DSS alternate EVV specification v1.5, Sandata. The texts are ours. Other payers get their own set.
"""

from __future__ import annotations

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


def load() -> None:
    """Adds the codes that are missing; loading twice is harmless."""
    for code, text in CODES:
        ReasonCode.objects.get_or_create(
            set_name=DEFAULT_SET, code=code, defaults={"text": text, "needs_memo": code in NEEDS_MEMO}
        )
