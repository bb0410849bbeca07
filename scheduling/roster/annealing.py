"""Simulated annealing over routes: the moves that are tried and which of them are kept.

Of the published methods for visits that depend on each other, annealing over routes finds the best plans (Ceschia,
Di Gaspero, Rosati and Schaerf, ITOR 2024, doi 10.1111/itor.13585). Here a change is priced by what it sets in motion
alone, and most are refused by their way and price before any start is worked out.
"""

from __future__ import annotations

import numpy as np

from scheduling.roster.compiled import inner, jit
from scheduling.roster.keeping import TINY, keep, keep_whole, shed
from scheduling.roster.moves import (
    FIXED,
    HALVES,
    OPS,
    POOL,
    allowed,
    begin,
    below,
    link,
    set_pause,
    set_window,
    undo,
    unit,
    unlink,
    way,
)
from scheduling.roster.timing import cost, settle


@inner
def soon(P, S, v):
    """When a linked v begins, or could as soon as its carer is there when that is not worked out yet."""
    if S.node.starts[v] >= 0:
        return S.node.starts[v]
    p = S.node.leads[v]
    at = P.opens[v, S.node.window[v]]
    if p < P.n and S.node.starts[p] >= 0:
        at = max(at, S.node.starts[p] + P.visit.minutes[p] + way(P, p, v))
    return at


@inner
def by_time(P, S, v, r):
    """The node of run r after which v would come by its window."""
    k = S.node.window[v]
    at = P.opens[v, k] + unit(S) * max(0.0, P.closes[v, k] - P.opens[v, k])
    for i in range(P.mates.shape[1]):
        m = P.mates[v, i]
        if m >= 0 and S.node.run[m] >= 0 and P.visit.bound[v] == 1:
            at = soon(P, S, m)
        elif m >= 0 and S.node.run[m] >= 0 and P.visit.bound[v] == 2:
            lag = P.visit.least[v] + unit(S) * (P.visit.most[v] - P.visit.least[v])
            at = soon(P, S, m) + (-lag if P.visit.first[v] else lag)
    p = P.n + r
    while S.node.follows[p] < P.n and S.node.starts[S.node.follows[p]] < at:
        p = S.node.follows[p]
    return p


@inner
def spot(P, S, v):
    """A likely place for v: the node to come after, −1 when the draw was a blank."""
    x = unit(S)
    if x < 0.4:
        u = P.near_before[v, below(S, P.near_before.shape[1])]
        if u >= 0 and S.node.run[u] >= 0 and P.eligible[v, S.node.run[u]]:
            return u
    elif x < 0.8:
        u = P.near_after[v, below(S, P.near_after.shape[1])]
        if u >= 0 and S.node.run[u] >= 0 and P.eligible[v, S.node.run[u]]:
            return S.node.leads[u]
    if P.runs_of[v, 0] == 0:
        return -1
    return by_time(P, S, v, P.runs_of[v, 1 + below(S, P.runs_of[v, 0])])


@inner
def place(P, S, v):
    """Links an unlinked v at a likely place; False when there is none."""
    if P.visit.windows[v] > 1 and unit(S) < 0.5:
        set_window(S, v, below(S, P.visit.windows[v]))
    p = spot(P, S, v)
    if p < 0 or p == v or not allowed(P, S, v, S.node.run[p]):
        return False
    link(P, S, v, p)
    return True


@inner
def relocate(P, S, v, whole):
    """v, or v and its mates, to other places."""
    unlink(P, S, v)
    if whole:
        for i in range(P.mates.shape[1]):
            m = P.mates[v, i]
            if m >= 0 and S.node.run[m] >= 0:
                unlink(P, S, m)
    if not place(P, S, v):
        return False
    if whole:
        for i in range(P.mates.shape[1]):
            m = P.mates[v, i]
            if m >= 0 and not place(P, S, m):
                return False
    return True


@inner
def swap(P, S, v, u):
    """v and u change places."""
    if u < 0 or S.node.run[u] < 0 or S.node.follows[v] == u or S.node.follows[u] == v:
        return False
    r, q = S.node.run[v], S.node.run[u]
    if P.eligible[v, q] == 0 or P.eligible[u, r] == 0:
        return False
    p = S.node.leads[v]
    o = S.node.leads[u]
    unlink(P, S, v)
    unlink(P, S, u)
    if not allowed(P, S, v, q) or not allowed(P, S, u, r):
        return False
    link(P, S, v, o)
    link(P, S, u, p)
    return True


@inner
def cross(P, S, u, x):
    """What follows u goes on after the node before x, and x with what follows it after u."""
    if u < 0 or S.node.run[u] < 0:
        return False
    p, r, q = S.node.leads[x], S.node.run[x], S.node.run[u]
    if r == q:
        return False
    count = 0
    v = x
    while v < P.n:
        if P.eligible[v, q] == 0:
            return False
        S.node.scratch[count] = v
        count += 1
        v = S.node.follows[v]
    split = count
    v = S.node.follows[u]
    while v < P.n:
        if P.eligible[v, r] == 0:
            return False
        S.node.scratch[count] = v
        count += 1
        v = S.node.follows[v]
    for k in range(count):
        unlink(P, S, S.node.scratch[k])
    for k in range(count):
        v = S.node.scratch[k]
        last = u if k < split else p
        if not allowed(P, S, v, S.node.run[last]):
            return False
        link(P, S, v, last)
        if k < split:
            u = v
        else:
            p = v
    return True


@inner
def carry(P, S, v, size, backwards):
    """v and the next ones of its run go together after another visit, perhaps in reverse."""
    count = 0
    x = v
    while x < P.n and count < size:
        S.node.scratch[count] = x
        count += 1
        x = S.node.follows[x]
    p = spot(P, S, S.node.scratch[count - 1] if backwards else v)
    if p < 0:
        return False
    for k in range(count):
        if S.node.scratch[k] == p:
            return False
    q = S.node.run[p]
    for k in range(count):
        if P.eligible[S.node.scratch[k], q] == 0:
            return False
    for k in range(count):
        unlink(P, S, S.node.scratch[k])
    for k in range(count):
        x = S.node.scratch[count - 1 - k if backwards else k]
        if not allowed(P, S, x, q):
            return False
        link(P, S, x, p)
        p = x
    return True


@inner
def _other(P, S, v):
    near = P.near_before if unit(S) < 0.5 else P.near_after
    return near[v, below(S, near.shape[1])]


@inner
def in_the_way(P, S, v):
    """A visit whose place v could take: −1 when the draw was a blank.

    Mostly the one that keeps v out of a run it could come into: the last before it, when v would be too late after that
    one, else the next.
    """
    if unit(S) < 0.15 or P.runs_of[v, 0] == 0:
        return _other(P, S, v)
    u = by_time(P, S, v, P.runs_of[v, 1 + below(S, P.runs_of[v, 0])])
    if u >= P.n or S.node.starts[u] + P.visit.minutes[u] + way(P, u, v) <= P.closes[v, S.node.window[v]]:
        u = S.node.follows[u]
    return u if u < P.n else -1


@inner
def seat(P, S, v):
    """An unfilled v comes to a free place, or takes that of another visit, which goes elsewhere or becomes unfilled."""
    if unit(S) < 0.25:
        return place(P, S, v)
    u = in_the_way(P, S, v)
    if u < 0 or S.node.run[u] < 0:
        return False
    p = S.node.leads[u]
    r = S.node.run[p]
    if P.eligible[v, r] == 0:
        return False
    unlink(P, S, u)
    if not allowed(P, S, v, r):
        return False
    link(P, S, v, p)
    if unit(S) < 0.8:
        place(P, S, u)
    return True


@inner
def fill(P, S):
    """An unfilled visit, with its mates, is given a place."""
    v = S.node.pool[below(S, S.ints[POOL])]
    if not seat(P, S, v):
        return False
    for i in range(P.mates.shape[1]):
        m = P.mates[v, i]
        if m >= 0 and S.node.run[m] < 0 and not seat(P, S, m):
            return False
    return True


@inner
def rest(P, S):
    """A break is taken elsewhere in its run, or not at all."""
    r = below(S, P.runs)
    if P.pause[r, 2] <= 0:
        return False
    x = S.node.follows[P.n + r]
    if unit(S) < 0.05:
        x = -1
    else:
        while x < P.n and unit(S) < 0.8:
            x = S.node.follows[x]
    if x == S.tour.pause_at[r]:
        return False
    set_pause(P, S, r, x)
    return True


@inner
def step(P, S, extras):
    """Tries one random change; False when it could not even be tried. extras: any breaks, any second windows."""
    if S.ints[POOL] > 0 and unit(S) < 0.15:
        return fill(P, S)
    x = unit(S)
    if extras[0] and x < 0.05:
        return rest(P, S)
    v = below(S, P.n)
    if S.node.run[v] < 0:
        return False
    if extras[1] and x < 0.09 and P.visit.windows[v] > 1:
        k = below(S, P.visit.windows[v])
        set_window(S, v, k)
        unlink_at = S.node.leads[v]
        unlink(P, S, v)
        link(P, S, v, unlink_at)
        return True
    if x < 0.55:
        return relocate(P, S, v, P.mates[v, 0] >= 0 and unit(S) < 0.5)
    if x < 0.75:
        return swap(P, S, v, _other(P, S, v))
    if x < 0.87:
        return cross(P, S, P.near_before[v, below(S, P.near_before.shape[1])], v)
    if x < 0.98:
        return carry(P, S, v, 2 + below(S, 2), unit(S) < 0.3)
    unlink(P, S, v)  # left unfilled for the while
    for i in range(P.mates.shape[1]):
        m = P.mates[v, i]
        if m >= 0 and S.node.run[m] >= 0:
            unlink(P, S, m)
    return True


@jit
def anneal(P, S, best, best_cost, heat, credit, steps, extras, sums):
    """So many steps at one temperature; returns (cost now, best cost). `best` holds follows, window and pause_at.

    Of incomplete links, placed visits bring a `credit` of their price. Without a credit there are none, and the best
    plan never has any: who is busy with half a double-up is not busy.
    """
    if credit <= 0.0 and S.sums[HALVES] > TINY:
        shed(P, S)
    now = cost(P, S) - credit * S.sums[HALVES]
    for _ in range(steps):
        for i in range(len(sums)):
            sums[i] = S.sums[i]
        begin(S)
        bound = now - heat * np.log(unit(S))
        kept = False
        # What is left out is never negative: a change whose way and prices alone are too much needs no working out.
        if step(P, S, extras) and S.ints[OPS] > 0 and (credit > 0.0 or S.sums[HALVES] <= TINY):
            most = bound + credit * S.sums[HALVES]
            if S.sums[FIXED] <= most and settle(P, S, most):
                found = cost(P, S)
                if found <= most:
                    now, kept = found - credit * S.sums[HALVES], True
                    if found < best_cost - TINY and S.sums[HALVES] <= TINY:
                        best_cost = found
                        keep(P, S, best)
        if not kept:
            undo(P, S, sums)
    if S.sums[HALVES] > TINY:
        best_cost = keep_whole(P, S, best, best_cost, sums)
    return now, best_cost
