from clients.models.care_team import CaregiverPreference, CareTeamMember, Introduction
from clients.models.client import Address, Client, Contact
from clients.models.health import Allergy, Diagnosis
from clients.models.referral import Referral

__all__ = [
    "Address",
    "Allergy",
    "CareTeamMember",
    "CaregiverPreference",
    "Client",
    "Contact",
    "Diagnosis",
    "Introduction",
    "Referral",
]
