"""The bench's scorer counts as the authors of the public sets do, and our engine is judged by it."""

import json
import tarfile
from pathlib import Path

import pytest

from bench.hhcrsp import Case, score, violations
from bench.roster_sets import instance_of, solution_of
from scheduling.roster.checker import score as own_score
from scheduling.roster.solver import solve

SETS = Path(__file__).resolve().parents[3] / "shared" / "data" / "hhcrsp"


def read(archive: str, name: str) -> dict:
    with tarfile.open(SETS / archive) as opened:
        return json.load(opened.extractfile(name))


@pytest.mark.parametrize(
    ("folder", "instance", "solution", "cost"),
    [
        ("mankowska-2014", "InstanzCPLEX_HCSRP_10_2.json", "sol-InstanzCPLEX_HCSRP_10_2-2371472358.json", 246.627),
        ("mankowska-2014", "InstanzCPLEX_HCSRP_25_1.json", "sol-InstanzCPLEX_HCSRP_25_1-594983811.json", 428.097),
        ("uhhc-2026", "i-054.json", "sol-i-054-3689112122.json", 65188),
    ],
)
def test_a_published_solution_scores_as_stated(folder, instance, solution, cost):
    raw = read(f"{folder}/instances.tar.xz", instance)
    published = read(f"{folder}/solutions.tar.xz", solution)
    assert score(raw, published) == pytest.approx(cost, abs=0.005)
    assert violations(raw, published) == []


def test_a_spoiled_solution_is_noticed():
    raw = read("mankowska-2014/instances.tar.xz", "InstanzCPLEX_HCSRP_10_2.json")
    published = read("mankowska-2014/solutions.tar.xz", "sol-InstanzCPLEX_HCSRP_10_2-2371472358.json")
    published["routes"][0]["locations"].pop()
    assert violations(raw, published)


@pytest.mark.parametrize(
    ("folder", "instance", "optimum"),
    [("mankowska-2014", "InstanzCPLEX_HCSRP_10_2.json", 246.627), ("uhhc-2026", "i-116.json", 17117)],
)
def test_our_plan_passes_the_published_rules_at_the_price_we_say(folder, instance, optimum):
    case = Case(instance, read(f"{folder}/instances.tar.xz", instance))
    ours = instance_of(case.raw)
    plan = solve(ours, seconds=1.0).plan
    solution = solution_of(case.raw, plan)
    assert violations(case.raw, solution) == []
    assert score(case.raw, solution) == pytest.approx(own_score(ours, plan).total, abs=0.005)
    assert score(case.raw, solution) <= optimum * 1.05
