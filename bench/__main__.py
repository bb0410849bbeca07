"""`bin/bench [booking|money|pages|roster …] [--fresh]`: the table of figures, each beside its floor of the same run."""

from __future__ import annotations

import os
import sys

from bench.world import build_agency, own_database

GROUPS = ["booking", "money", "pages"]
ROSTER = "roster"  # plans plain data, needs no database, takes its own options (bench/roster.py)


def main(arguments: list[str]) -> int:
    if ROSTER in arguments:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "homecare.settings")
        from bench import roster

        return roster.main([word for word in arguments if word != ROSTER])
    chosen = [name for name in arguments if not name.startswith("-")] or GROUPS
    unknown = set(chosen) - set(GROUPS)
    if unknown:
        print(
            f"bench: there is no group {', '.join(sorted(unknown))}; there are {', '.join([*GROUPS, ROSTER])}.",
            file=sys.stderr,
        )
        return 2
    own_database(fresh="--fresh" in arguments)
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
