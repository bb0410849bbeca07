"""Which rows a person sees: the first call of every query in pages, API, exports and search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from homecare.accounts.models.user import User


class ScopedQuerySet(models.QuerySet):
    """Rows scoped by branch for the office and by person for everybody else.

    Set `branch_path` to the lookup of the branch id, None for rows all office people share (catalogues).
    Override `of_person` with what a caregiver or family member sees of their own.
    """

    branch_path: str | None = "branch_id"

    def visible_to(self, user: User) -> Self:
        """Branch rows for office people, own rows for caregivers and families, nothing for anybody else."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.sees_branch_rows:
            return self.in_branches_of(user)
        return self.of_person(user)

    def in_branches_of(self, user: User) -> Self:
        if self.branch_path is None or user.all_branches:
            return self.all()
        return self.filter(**{f"{self.branch_path}__in": user.branch_ids})

    def of_person(self, user: User) -> Self:
        return self.none()
