"""Plans that are put by and taken up again. `best` holds a plan: rows follows, window and pause_at."""

from __future__ import annotations

import numpy as np

from scheduling.roster.compiled import inner, jit
from scheduling.roster.moves import HALVES, LATE, RUNS, begin, half_price, link, set_pause, undo, unlink
from scheduling.roster.timing import cost, settle

TINY = 1e-7  # a price that is nothing but rounding


@jit
def keep(P, S, best):
    """The plan at hand becomes the kept one."""
    for v in range(len(S.node)):
        best[0, v] = S.node.follows[v]
        best[1, v] = S.node.window[v]
    for r in range(P.runs):
        best[2, r] = S.tour.pause_at[r]


@inner
def shed(P, S):
    """Takes out what is placed of incomplete links, and works out the starts anew."""
    begin(S)
    for v in range(P.n):
        g = P.visit.group[v]
        if g >= 0 and S.node.run[v] >= 0 and S.present[g] < P.group_size[g]:
            unlink(P, S, v)
    settle(P, S, np.inf)


@inner
def keep_whole(P, S, best, best_cost, sums):
    """Keeps the plan at hand without its incomplete links when that is cheaper; returns the best cost."""
    for i in range(len(sums)):
        sums[i] = S.sums[i]
    shed(P, S)
    found = cost(P, S)
    if found < best_cost - TINY:
        best_cost = found
        keep(P, S, best)
    undo(P, S, sums)
    return best_cost


@jit
def load(P, S, best):
    """The kept plan becomes the plan at hand, worked out from nothing."""
    begin(S)
    for v in range(P.n):
        if S.node.run[v] >= 0:
            unlink(P, S, v)
    for v in range(P.n):
        S.node.window[v] = best[1, v]
    for r in range(P.runs):
        p = P.n + r
        while best[0, p] < P.n:
            v = best[0, p]
            link(P, S, v, p)
            p = v
        if P.pause[r, 2] > 0:
            set_pause(P, S, r, best[2, r])
    settle(P, S, np.inf)
    refresh(P, S)


@jit
def refresh(P, S):
    """The sums counted anew, so that rounding does not add up."""
    S.sums[LATE] = 0.0
    for v in range(P.n):
        S.sums[LATE] += P.visit.late_price[v] * S.node.late[v]
    S.sums[RUNS] = 0.0
    for r in range(P.runs):
        S.sums[RUNS] += S.tally[r, 0]
    S.sums[HALVES] = 0.0
    for g in range(len(P.group_size)):
        S.sums[HALVES] += half_price(P, S, g)
