"""The tables of docs/rules.md are what the product does."""

from pathlib import Path

import pytest

from scheduling.factors import weights
from scheduling.placement import rule_classes
from scheduling.rules.stage import example_of

DOCS = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()


def rows_of(code):
    """The cells behind a code; a rule and a factor may share one (language, overtime)."""
    rows = [line for line in DOCS.splitlines() if line.startswith(f"| `{code}` |")]
    return [[cell.strip() for cell in line.strip("|").split("|")][1:] for line in rows]


@pytest.mark.parametrize("rule", rule_classes(), ids=lambda rule: rule.code)
def test_rule_stands_in_the_table(rule):
    default = f"{rule.default_severity}, fixed" if rule.is_fixed else str(rule.default_severity)
    numbers = ", ".join(f"{number.name} {number.default}" for number in rule.settable)
    assert [default, numbers, example_of(rule)] in rows_of(rule.code)


@pytest.mark.parametrize("weight", weights(), ids=lambda weight: weight.code)
def test_factor_stands_in_the_table(weight):
    points = f"{'−' if weight.is_against else ''}{weight.default_points}"
    assert [points, str(weight.meaning)] in rows_of(weight.code)
