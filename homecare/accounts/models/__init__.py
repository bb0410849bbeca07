from homecare.accounts.models.agency import Agency, Branch, Holiday
from homecare.accounts.models.scope import ScopedQuerySet
from homecare.accounts.models.token import IdempotencyKey, Invitation, PersonalToken
from homecare.accounts.models.user import BranchMembership, User

__all__ = [
    "Agency",
    "Branch",
    "BranchMembership",
    "Holiday",
    "IdempotencyKey",
    "Invitation",
    "PersonalToken",
    "ScopedQuerySet",
    "User",
]
