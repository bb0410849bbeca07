"""Imports point one way (docs/architecture.md): a domain may use those below it, never those above."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = {"clock", "errors", "money", "status", "views", "security", "observability", "templatetags"}
LAYERS = [
    {"homecare.accounts"},
    {"homecare.audit"},
    {"homecare.inbox"},
    {"homecare.jobs"},
    {"homecare.webhooks"},
    {"staff"},
    {"clients"},
    {"careplans"},
    {"scheduling"},
    {"billing"},
    {"homecare.reports"},
    {"homecare.demo"},
]
LAYER_OF = {package: number for number, layer in enumerate(LAYERS) for package in layer}
INSIDE = ["models", "services", "forms", "views"]  # an inner module may not import an outer one of its own app
LINES = 400


def package_of(module: str) -> str | None:
    """The layered package a dotted module belongs to, None for shared pieces and libraries."""
    parts = module.split(".")
    for length in (2, 1):
        name = ".".join(parts[:length])
        if name in LAYER_OF:
            return name
    return None


def sources() -> list[Path]:
    paths = []
    for package in LAYER_OF:
        folder = ROOT / package.replace(".", "/")
        paths += [p for p in folder.rglob("*.py") if "migrations" not in p.parts]
    return sorted(paths)


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_imports_point_one_way(path):
    own = package_of(module_of(path))
    upward = {
        name
        for name in imports_of(path)
        if (other := package_of(name)) and other != own and LAYER_OF[other] >= LAYER_OF[own]
    }
    if own == "homecare.accounts" and "models" not in module_of(path).split("."):
        # What happens to users and branches is recorded too; the trail itself stands on the models of accounts alone.
        upward = {name for name in upward if package_of(name) != "homecare.audit"}
    assert upward == set()


def test_the_trail_stands_on_the_models_of_accounts_alone():
    trail = [path for path in sources() if package_of(module_of(path)) == "homecare.audit"]
    used = {name for path in trail for name in imports_of(path) if name.startswith("homecare.accounts")}
    assert {name for name in used if not name.startswith("homecare.accounts.models")} == set()


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_models_and_services_know_nothing_of_pages(path):
    own = package_of(module_of(path))
    inner = module_of(path).removeprefix(f"{own}.").split(".")[0]
    if inner not in {"models", "services"}:
        return
    outer = [*INSIDE[INSIDE.index(inner) + 1 :], "api", "tasks"] if inner == "models" else ["forms", "views", "api"]
    forbidden = {name for name in imports_of(path) for layer in outer if name.startswith(f"{own}.{layer}")}
    assert forbidden == set()


def test_source_files_stay_readable():
    """A file over 400 lines wants to be a package by noun."""
    too_long = {module_of(p): n for p in sources() if (n := len(p.read_text().splitlines())) > LINES}
    assert too_long == {}


def test_there_are_no_catch_all_modules():
    forbidden = {"utils", "helpers", "common", "managers", "selectors", "signals"}
    assert [module_of(p) for p in sources() if p.stem in forbidden or forbidden & set(p.parts)] == []


def test_start_leaves_the_slow_libraries_alone():
    """Every command, worker and test pays for what a start imports; the function that needs these loads them."""
    program = (
        "import sys, django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns;"
        "print(*({name.split('.')[0] for name in sys.modules} & {'weasyprint', 'pydyf', 'fontTools', 'pyphen'}),"
        " *({'fhir.resources'} & set(sys.modules)))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "homecare.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
