"""`manage.py import_travel_times ways.csv`: measured or bought travel times into the table of `TRAVEL_TIMES=matrix`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from scheduling.travel.matrix import Matrix
from scheduling.travel.times import Cell, Leg

COLUMNS = ("from_latitude", "from_longitude", "to_latitude", "to_longitude", "minutes")
MOST_MINUTES = 24 * 60


class Command(BaseCommand):
    help = f"Reads a CSV file with the columns {', '.join(COLUMNS)}; newer minutes replace older ones."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        with file.open(newline="", encoding="utf-8") as lines:
            rows = csv.DictReader(lines)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise CommandError(f"The first line must be: {','.join(COLUMNS)}")
            found = dict(_leg(row, rows.line_num) for row in rows)
        with transaction.atomic():
            Matrix().keep(found, source="imported")
        self.stdout.write(f"{len(found)} ways are known now.")


def _leg(row: dict[str, Any], line: int) -> tuple[Leg, int]:
    try:
        values = [float(row[name]) for name in COLUMNS]
    except (TypeError, ValueError) as error:
        raise CommandError(f"line {line}: five numbers are needed.") from error
    start, end, minutes = (values[0], values[1]), (values[2], values[3]), round(values[4])
    if any(abs(lat) > 90 or abs(lon) > 180 for lat, lon in (start, end)) or not 0 <= minutes <= MOST_MINUTES:
        raise CommandError(f"line {line}: a latitude, longitude or the minutes are out of range.")
    return (Cell.of(start), Cell.of(end)), minutes
