"""Rosters small enough to be read."""

from scheduling.roster.instance import Carer, Instance, Link, Run, Visit, Weights

ANA, BEN = "Ana", "Ben"
TRAVEL = [[0, 10, 20, 15], [10, 0, 12, 15], [20, 12, 0, 15], [15, 15, 15, 0]]  # two homes (2, 3), clients 0 and 1


def visit(key, opens=480.0, closes=540.0, *, place=0, minutes=30.0, carers=(ANA, BEN), **fields) -> Visit:
    prices = carers if isinstance(carers, dict) else dict.fromkeys(carers, 0.0)
    return Visit(key, place, minutes, ((opens, closes),), prices, client=f"client {place}", **fields)


def day(*visits: Visit, links: tuple[Link, ...] = (), **fields) -> Instance:
    """Ana and Ben work from 08:00 to 12:00, each from their home."""
    runs = fields.pop("runs", [Run("a", ANA, 480, 720, 2, 2), Run("b", BEN, 480, 720, 3, 3)])
    carers = fields.pop("carers", [Carer(ANA), Carer(BEN)])
    fields.setdefault("weights", Weights())
    return Instance(visits, runs, carers, TRAVEL, links, **fields)
