"""A form about a row that several people edit: who saves over what another one saved meanwhile is told, not obeyed.

The page remembers in a hidden field what its fields showed (a digest of their values). When it is sent and the row
shows something else by then, nothing is saved: the answer says who changed it and when, keeps what was typed, and a
second save replaces the other's deliberately. Only the fields of this very form count, so two pages about different
settings of one row do not stand in each other's way.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from homecare.audit.models import Event
from homecare.clock import local, today
from homecare.dates import written
from homecare.errors import Conflict

SEEN = "seen"
LATEST = 20


def check_version(row: Any, version: int | None) -> None:
    """For programs, which send the `version` they read: raises Conflict, with who changed the locked row and when."""
    if version is None or row.version == version:
        return
    event = Event.objects.about(row).filter(kind=Event.Kind.CHANGE).select_related("user").first()
    if event is None or event.user is None:
        raise Conflict(_("This was changed meanwhile. Read it again to see how it stands now, then try again."))
    moment = timezone.localtime(event.at)
    raise Conflict(
        _("%(person)s changed this at %(time)s. Read it again to see how it stands now, then try again.")
        % {"person": event.user, "time": f"{moment:%H:%M}, {written(moment.date())}"}
    )


class RefuseStale:
    """Mix into a FormPage in front of it; `guarded` is the row, locked and read anew before the form is made."""

    guarded: Any  # the row the form changes, found with visible_to
    trail_names: tuple[str, ...] = ()
    """What the trail calls the fields of this form, when it calls them otherwise than the form."""

    request: HttpRequest

    @property
    def recorded_about(self) -> models.Model:
        """The row under which the trail keeps these changes; override when it is another one."""
        return self.guarded

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            row = self.guarded
            type(row).objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
            row.refresh_from_db()
            return super().post(*args, **kwargs)  # type: ignore[misc]

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)  # type: ignore[misc]
        form.fields[SEEN] = forms.CharField(required=False, widget=forms.HiddenInput, initial=shown(form))
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        seen, now = form.cleaned_data.pop(SEEN), form.fields[SEEN].initial
        if seen in ("", now):
            return super().form_valid(form)  # type: ignore[misc]
        form.data = form.data.copy()
        form.data[form.add_prefix(SEEN)] = now  # whoever saves again does so knowingly
        response = self.refuse(form, Conflict(self._who_was_first(form)))  # type: ignore[attr-defined]
        if not getattr(self.request, "htmx", False):
            response.status_code = Conflict.status
        return response

    def _who_was_first(self, form: Any) -> str:
        what_to_do = _(
            "Nothing is saved yet and what you typed stands below: save again to put it in its place, or open the page "
            "anew to see how it stands."
        )
        event = self._last_change(form)
        if event is None:
            return _("This was changed while you had it open.") + f" {what_to_do}"
        values = {"person": event.user, "time": self._time_of(event)}
        if event.user == self.request.user:
            return _("You changed this at %(time)s, perhaps in another window.") % values + f" {what_to_do}"
        return _("%(person)s changed this at %(time)s.") % values + f" {what_to_do}"

    def _last_change(self, form: Any) -> Event | None:
        names = set(self.trail_names or form.fields)
        events = Event.objects.about(self.recorded_about).filter(kind=Event.Kind.CHANGE).select_related("user")
        return next((event for event in events[:LATEST] if event.user and names & event.changes.keys()), None)

    def _time_of(self, event: Event) -> str:
        zone_name = self.request.local_zone  # type: ignore[attr-defined]
        moment = local(event.at, zone_name)
        day = moment.date()
        return f"{moment:%H:%M}" if day == today(zone_name) else f"{moment:%H:%M}, {written(day)}"


def shown(form: Any) -> str:
    """A digest of what the form's fields show before anybody types."""
    values = {name: _plain(form.get_initial_for_field(field, name)) for name, field in form.fields.items()}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """Lists are sets of choices here: their order says nothing."""
    if isinstance(value, list | tuple | set | models.QuerySet):
        return sorted(str(_plain(item)) for item in value)
    return str(value.pk) if isinstance(value, models.Model) else str(value)
