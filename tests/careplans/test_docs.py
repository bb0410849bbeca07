"""The tables of docs/care-plans.md say what the code does."""

from decimal import Decimal
from pathlib import Path

from django.conf import settings

from careplans.news2 import ACKNOWLEDGEMENT
from careplans.vitals import MEASURED, SIGNS

PAGE = (Path(settings.BASE_DIR) / "docs" / "care-plans.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]


def number(cell: str) -> Decimal | None:
    word = cell.split(" ")[0]
    return Decimal(word) if word[0].isdigit() else None


def test_vital_table_gives_the_limits_of_the_code():
    table = {row[1]: row for row in ROWS if len(row) == 6 and row[1] != "LOINC"}
    for kind in MEASURED:
        sign = SIGNS[kind]
        _name, _loinc, unit, low, high, accepted = table[sign.loinc]
        assert (unit, number(low), number(high)) == (sign.ucum, sign.low, sign.high)
        assert high.endswith("and above") == sign.alerts_at_high
        assert accepted == f"{sign.least}–{sign.most}"
    assert len(table) == len(MEASURED)


def test_acknowledgement_stands_in_the_handbook():
    assert ACKNOWLEDGEMENT in " ".join(line.lstrip("> ") for line in PAGE.splitlines())
