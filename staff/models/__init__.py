from staff.models.availability import Availability, Commitment, TimeOff
from staff.models.credential import Credential, CredentialType
from staff.models.member import Member
from staff.models.role import Role, TaskCategory
from staff.models.team import FormerTeammate, Team

__all__ = [
    "Availability",
    "Commitment",
    "Credential",
    "CredentialType",
    "FormerTeammate",
    "Member",
    "Role",
    "TaskCategory",
    "Team",
    "TimeOff",
]
