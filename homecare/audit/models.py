"""The trail of what was changed and who looked. It can only grow: a trigger refuses UPDATE, DELETE and TRUNCATE."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet


class EventQuerySet(ScopedQuerySet):
    def about(self, obj: models.Model) -> EventQuerySet:
        return self.filter(object_type=obj._meta.label_lower, object_id=obj.pk)

    def about_client(self, client_id: int) -> EventQuerySet:
        """Everything about one client: their record and whatever hangs on it."""
        return self.filter(client_id=client_id)


def _in_words(value: object) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_in_words(item)}" for name, item in value.items())
    return str(value)


class Event(models.Model):
    """One act of one person on one row. No names or health data beyond the changed values themselves."""

    subject: models.Model | None = None
    """The row it is about, as whoever built the event had it; not kept."""

    class Kind(models.TextChoices):
        VIEW = "view", _("Viewed")
        CHANGE = "change", _("Changed")
        EXPORT = "export", _("Exported")
        ACCESS = "access", _("Signed in or out")

    at = models.DateTimeField(db_default=Now(), db_index=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    action = models.CharField(max_length=60, help_text=_("noun.verb, for example visit.approved"))
    user = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    branch = models.ForeignKey("accounts.Branch", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)
    client_id = models.BigIntegerField(null=True, help_text=_("The client concerned, for the trail of one record."))
    changes = models.JSONField(default=dict, help_text=_("field → [before, after]"))
    reason = models.CharField(max_length=500, blank=True)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=32, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="event_by_object"),
            models.Index(fields=["client_id", "-id"], name="event_by_client"),
            models.Index(fields=["branch", "id"], name="event_by_branch"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"

    @property
    def sentence(self) -> str:
        """visit.approved → Visit approved."""
        return self.action.replace(".", " ").replace("_", " ").capitalize()

    @property
    def shown_changes(self) -> list[tuple[str, str, str]]:
        """(field, before, after) in words, as the trail prints them."""
        shown = []
        for name, pair in self.changes.items():
            before, after = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
            shown.append((name.replace("_", " ").capitalize(), _in_words(before), _in_words(after)))
        return shown


class Seal(models.Model):
    """A hash over a branch's events since the previous seal and that seal's hash; a changed or lost row breaks it."""

    branch = models.ForeignKey("accounts.Branch", null=True, on_delete=models.PROTECT, related_name="+")
    previous = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="next")
    first_event_id = models.BigIntegerField()
    last_event_id = models.BigIntegerField()
    event_count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["branch", "last_event_id"], name="seal_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"Seal {self.pk} to {self.last_event_id}"
