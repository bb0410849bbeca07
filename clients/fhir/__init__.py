"""Reading FHIR R4 referrals: `read_bundle` gives a `ReferralSummary` or says what is wrong where. No database."""

from clients.fhir.reader import Reading, read_bundle
from clients.fhir.summary import ReferralSummary

__all__ = ["Reading", "ReferralSummary", "read_bundle"]
