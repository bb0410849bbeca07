"""What the caregiver wrote about a visit."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import DomainError
from scheduling.models import Visit, VisitNote

MAX_LENGTH = 4000


@transaction.atomic
def add_note(visit: Visit, text: str, *, by: User, written_at: dt.datetime) -> VisitNote:
    """Adds one note; never edited afterwards, an addition is a further note. Empty or too long is refused."""
    text = text.strip()
    if not text:
        raise DomainError(_("Write something before you save the note."), field="text")
    if len(text) > MAX_LENGTH:
        raise DomainError(_("A note has at most 4,000 characters. Write the rest as a second note."), field="text")
    note = VisitNote.objects.create(visit=visit, author=by, text=text, written_at=written_at)
    record("visit_note.added", note, by=by)
    return note
