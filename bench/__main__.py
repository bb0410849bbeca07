"""`bin/bench [booking|money|pages|roster …] [--fresh]`: the table of figures, each beside its floor of the same run."""

from __future__ import annotations

import argparse
import os
import sys

from bench.world import build_agency, own_database

GROUPS = ["booking", "money", "pages"]
ROSTER = "roster"  # plans plain data, needs no database, takes its own options (bench/roster.py)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="bin/bench",
        description="Prints the table of figures, each beside its floor of the same run.",
        epilog="`bin/bench roster` measures the roster engine and has options of its own: bin/bench roster --help.",
    )
    found.add_argument(
        "groups", nargs="*", metavar="group", help=f"one or more of {', '.join(GROUPS)} (all of these), or {ROSTER}"
    )
    found.add_argument("--fresh", action="store_true", help="build the bench's own database anew")
    return found


def main(arguments: list[str]) -> int:
    if ROSTER in arguments:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "homecare.settings")
        from bench import roster

        return roster.main([word for word in arguments if word != ROSTER])
    asked = parser()
    wish = asked.parse_args(arguments)
    chosen = wish.groups or GROUPS
    if unknown := set(chosen) - set(GROUPS):
        asked.error(f"there is no group {', '.join(sorted(unknown))}; there are {', '.join([*GROUPS, ROSTER])}.")
    own_database(fresh=wish.fresh)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "homecare.settings")
    os.environ["LOG_LEVEL"] = "ERROR"
    import django

    django.setup()
    build_agency()
    from importlib import import_module

    from bench.measure import table
    from homecare.memory import settle

    settle()  # as gunicorn does
    found = []
    for name in chosen:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        found += import_module(f"bench.{name}").figures()
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
