"""The one mechanism behind every status: arrows declared beside the choices, moved by services under a row lock."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext as _

from homecare.errors import InvalidTransition


class StatusModel(models.Model):
    """A row with a `status` field and TRANSITIONS: {from: {to, …}} beside its TextChoices."""

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {}
    Status: ClassVar[type[models.TextChoices]]
    status: Any  # the field itself is each subclass's own, with its choices and default

    class Meta:
        abstract = True

    def can_move_to(self, status: str) -> bool:
        return status in self.TRANSITIONS.get(self.status, set())

    def move_to(self, status: str) -> None:
        """Sets the status or raises InvalidTransition; the caller holds the row lock and saves."""
        if not self.can_move_to(status):
            raise InvalidTransition(
                _("This %(thing)s is %(now)s and cannot become %(then)s. Reload the page to see its present state.")
                % {
                    "thing": self._meta.verbose_name,
                    "now": self.Status(self.status).label.lower(),
                    "then": self.Status(status).label.lower(),
                }
            )
        self.status = status

    @classmethod
    def locked(cls, pk: Any, *related: str) -> Self:
        """The row, read fresh under FOR UPDATE with these related rows (not locked); call inside a transaction."""
        rows = cls._default_manager.select_for_update(of=("self",))
        return (rows.select_related(*related) if related else rows).get(pk=pk)
