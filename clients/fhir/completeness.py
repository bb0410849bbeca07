"""What a referral does not say and somebody should ask before the first visit."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from clients.fhir.summary import ReferralSummary

STALE_AFTER = dt.timedelta(days=30)


def missing(summary: ReferralSummary, today: dt.date) -> list[str]:
    """Sentences, the most needed first."""
    address = summary.address
    checks = [
        (
            summary.birth_on is None,
            _("The full date of birth: only %(known)s is given.") % {"known": summary.birth_date},
        ),
        (not (summary.phone or summary.email), _("A phone number or e-mail of the person.")),
        (address is None or not address.lines, _("The street address.")),
        (address is not None and address.place is None, _("Coordinates of the address: travel times need them.")),
        (not summary.contacts, _("Somebody to call in an emergency.")),
        (not summary.conditions, _("Conditions: none is recorded as active.")),
        (not summary.medications, _("Medicines: none is recorded as active. Ask whether that is so.")),
        (
            not summary.allergies and not summary.no_known_allergies,
            _("Allergies: nothing is recorded, not even “none”."),
        ),
        (not summary.vitals, _("Vital signs.")),
        (_is_stale(summary, today), _("Recent vital signs: the latest are more than 30 days old.")),
        (not summary.language, _("The language the person speaks.")),
    ]
    return [sentence for is_missing, sentence in checks if is_missing]


def _is_stale(summary: ReferralSummary, today: dt.date) -> bool:
    moments = [vital.taken_at for vital in summary.vitals if vital.taken_at]
    return bool(moments) and max(moments).date() < today - STALE_AFTER
