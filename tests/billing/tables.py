"""Reads the worked tables of docs/billing.md, so that the page and the tests hold the same numbers."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "billing.md"


def worked_table(*headings: str) -> list[tuple[str, ...]]:
    """The rows of the table with exactly these column headings."""
    lines = PAGE.read_text().splitlines()
    start = lines.index("| " + " | ".join(headings) + " |") + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    return rows
