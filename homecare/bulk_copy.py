"""Rows by PostgreSQL's COPY: a fraction of INSERT's time, through the same triggers and constraints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import connection, models
from django.db.models.base import ModelState

CHUNK = 5000
# The four characters that mean something to COPY's text format.
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _text(value: Any) -> str:
    return "\\N" if value is None else str(value).translate(ESCAPES)


def _plain(value: Any) -> str:
    """Numbers and moments, whose text holds nothing to escape."""
    return "\\N" if value is None else str(value)


def _writer(field: models.Field) -> Callable[[Any], str]:
    return _text if isinstance(field, models.CharField | models.TextField) else _plain


class _Lines:
    """A file for COPY to read, written as it is read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines

    def read(self, size: int = -1) -> str:
        return "".join(islice(self.lines, CHUNK))


def another(row: Any, **values: Any) -> Any:
    """An unsaved row like this one but for these columns: a quarter of the time of making it from its fields."""
    new = object.__new__(type(row))
    new.__dict__ = row.__dict__ | values
    new._state = ModelState()
    new._state.fields_cache = dict(row._state.fields_cache)
    return new


def give_numbers(rows: list[Any]) -> None:
    """Sets the primary keys the table's own sequence would have given."""
    if not rows:
        return
    table, column = rows[0]._meta.db_table, rows[0]._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, column, len(rows)]
        )
        for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = number


def copy_rows(model: type[models.Model], rows: Iterable[Any]) -> None:
    """Inserts unsaved rows of numbers, texts and moments. Those without a primary key get one they do not learn."""
    found = iter(rows)
    first = next(found, None)
    if first is None:
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key or first.pk is not None]
    writers = [(field.attname, _writer(field)) for field in fields]

    def lines() -> Iterator[str]:
        for held in ([first], found):
            for row in held:
                values = row.__dict__
                yield "\t".join([write(values[name]) for name, write in writers]) + "\n"

    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN", _Lines(lines()))
