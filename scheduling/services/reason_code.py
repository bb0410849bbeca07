"""The tables of reason codes: an agency adds, corrects, imports and takes codes out of use. None is ever deleted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record
from homecare.errors import Conflict, DomainError
from scheduling.models import ReasonCode, Visit, VisitException

COLUMNS = ("set", "code", "text", "kind", "needs_memo", "suggests")
MOST_ROWS = 2000
FIELDS = ("text", "needs_memo", "suggests", "is_active")
YES = {"1", "yes", "y", "true", "x"}


class Imported(NamedTuple):
    added: int
    changed: int


def is_given(code: ReasonCode) -> bool:
    """Whether somebody has given it: then its words stay as they were read."""
    exceptions = VisitException.objects.filter(reason_code=code) | VisitException.objects.filter(action_code=code)
    visits = Visit.objects.filter(adjustment_code=code) | Visit.objects.filter(adjustment_action=code)
    return exceptions.exists() or visits.exists()


@transaction.atomic
def add_code(*, by: User, **fields: Any) -> ReasonCode:
    try:
        with transaction.atomic():
            row = ReasonCode.objects.create(**fields)
    except IntegrityError as error:
        raise Conflict(_("This set has that code already."), field="code") from error
    record("reason_code.added", row, by=by, changes={"code": [None, str(row)]})
    return row


@transaction.atomic
def change_code(code: ReasonCode, *, by: User, **fields: Any) -> ReasonCode:
    """Corrects a code. Its words change only while nobody has given it; out of use it can be taken always."""
    row = ReasonCode.objects.select_for_update().get(pk=code.pk)
    before = {name: getattr(row, name) for name in FIELDS}
    if fields.get("text", row.text) != row.text and is_given(row):
        sentence = _("This reason was given already, so its words stay. Take it out of use and add another one.")
        raise DomainError(sentence, field="text")
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    record("reason_code.changed", row, by=by, changes=changes_of(before, row))
    return row


@transaction.atomic
def import_codes(content: bytes, *, by: User) -> Imported:
    """Reads a CSV file: set, code, text and, where they matter, kind, needs_memo, suggests. All rows or none.

    A code that is there gets the file's words and memo; DomainError names the line that cannot be read.
    """
    added = changed = 0
    for line, fields in _rows(content):
        key = {name: fields.pop(name) for name in ("set_name", "kind", "code")}
        row = ReasonCode.objects.filter(**key).first()
        try:
            if row is None:
                add_code(by=by, **key, **fields)
                added += 1
            elif any(getattr(row, name) != value for name, value in fields.items()):
                change_code(row, by=by, **fields)
                changed += 1
        except DomainError as error:
            raise _refused(line, error.message) from error
    return Imported(added, changed)


def _refused(line: int, what: str) -> DomainError:
    return DomainError(_("Line %(line)s: %(what)s") % {"line": line, "what": what}, field="file")


def _rows(content: bytes) -> Iterable[tuple[int, dict[str, Any]]]:
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        names = [str(name).strip().lower() for name in reader.fieldnames or []]
        reader.fieldnames = names
        if not {"set", "code", "text"} <= set(names):
            raise DomainError(_("The first line names the columns: %s.") % ", ".join(COLUMNS), field="file")
        for number, row in enumerate(reader, 2):
            if number > MOST_ROWS:
                raise _refused(number, _("A file has at most %s codes.") % MOST_ROWS)
            yield number, _fields(number, {name: str(row.get(name) or "").strip() for name in COLUMNS})
    except (UnicodeDecodeError, csv.Error):
        raise DomainError(_("This is not a CSV file in UTF-8."), field="file") from None


def _fields(line: int, row: dict[str, str]) -> dict[str, Any]:
    if not (0 < len(row["set"]) <= 40 and 0 < len(row["code"]) <= 8 and 0 < len(row["text"]) <= 120):
        raise _refused(line, _("set (40), code (8) and text (120 letters) are needed."))
    kind = row["kind"].lower() or ReasonCode.Kind.REASON
    if kind not in ReasonCode.Kind.values:
        raise _refused(line, _("kind is reason or action."))
    suggests = row["suggests"].lower().replace(",", " ").split()
    unknown = set(suggests) - set(VisitException.Kind.values)
    if unknown:
        raise _refused(line, _("There is no exception called %s.") % ", ".join(sorted(unknown)))
    return {
        "set_name": row["set"],
        "code": row["code"],
        "kind": kind,
        "text": row["text"],
        "needs_memo": row["needs_memo"].lower() in YES,
        "suggests": suggests,
    }
