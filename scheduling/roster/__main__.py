"""`python -m scheduling.roster` compiles the search ahead, so that an installation's first roster does not wait."""

from __future__ import annotations

import sys
import time

from scheduling.roster.instance import Carer, Instance, Run, Visit
from scheduling.roster.solver import solve


def main() -> int:
    began = time.monotonic()
    visits = [Visit(number, 0, 30.0, ((0.0, 60.0),), {"carer": 0.0}) for number in range(2)]
    instance = Instance(visits, [Run("run", "carer", 0.0, 240.0, 0, 0)], [Carer("carer")], [[0.0]])
    solve(instance, seconds=0.05, start=solve(instance, seconds=0.05).plan)
    print(f"roster: compiled in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
