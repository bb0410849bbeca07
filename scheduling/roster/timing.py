"""When visits begin as a plan stands, and what the plan costs: earliest starts that spread through runs and links."""

from __future__ import annotations

import numpy as np

from scheduling.roster.arrays import HARD
from scheduling.roster.compiled import inner, jit
from scheduling.roster.moves import (
    BEGINS,
    COST,
    ENDS,
    FIXED,
    HEAD,
    IDLE,
    IMBALANCE,
    LATE,
    OVERTIME,
    RUNS,
    TAIL,
    TOUCHED,
    W_IDLE,
    W_LATE,
    W_WAIT,
    WAITING,
    WORK,
    WORST_WAIT,
    begin,
    log,
    push,
    touch,
    unlink,
    way,
)


@inner
def _prepare(P, S, v):
    """When v's carer is ready to begin, whatever the mates do."""
    p, r = S.node.leads[v], S.node.run[v]
    if p < P.n:
        at = S.node.starts[p] + P.visit.minutes[p] + P.travel[P.place[p], P.place[v]]
    else:
        at = P.crew.opens[r] + (way(P, p, v) if P.crew.way_in[r] else 0.0)
    if at != S.node.arrives[v] and P.detailed:
        touch(S, r)
    S.node.arrives[v] = at
    if S.tour.pause_at[r] == v:
        touch(S, r)
        S.tour.pause_starts[r] = max(at, P.pause[r, 0])
        at = S.tour.pause_starts[r] + P.pause[r, 2]
    S.node.ready[v] = max(at, P.opens[v, S.node.window[v]])


@inner
def _start(P, S, v, at):
    if at == S.node.starts[v]:
        return
    log(S, v)
    S.node.starts[v] = at
    k = S.node.window[v]
    while k + 1 < P.visit.windows[v] and at >= P.opens[v, k + 1]:
        k += 1
    late = max(0.0, at - P.closes[v, k])
    if late != S.node.late[v]:
        S.sums[LATE] += P.visit.late_price[v] * (late - S.node.late[v])
        S.node.late[v] = late
    x = S.node.follows[v]
    if x < P.n:
        push(S, x)
    if x >= P.n or P.detailed or S.node.leads[v] >= P.n:
        touch(S, S.node.run[v])


@inner
def _meet(P, S, v):
    """v begins as early as it and its mates can."""
    kind = P.visit.bound[v]
    if kind == 1:
        at = S.node.ready[v]
        for i in range(P.mates.shape[1]):
            m = P.mates[v, i]
            if m >= 0 and S.node.run[m] >= 0:
                at = max(at, S.node.ready[m])
        for i in range(P.mates.shape[1]):
            m = P.mates[v, i]
            if m >= 0 and S.node.run[m] >= 0:
                _start(P, S, m, at)
        _start(P, S, v, at)
    elif kind == 2 and S.node.run[P.mates[v, 0]] >= 0:
        a, b = v, P.mates[v, 0]
        if P.visit.first[v] == 0:
            a, b = b, a
        later = max(S.node.ready[b], S.node.ready[a] + P.visit.least[v])
        _start(P, S, a, max(S.node.ready[a], later - P.visit.most[v]))
        _start(P, S, b, later)
    else:
        _start(P, S, v, S.node.ready[v])


@inner
def settle(P, S, bound):
    """Works out all starts that follow from the changes.

    False when a visit would come too late for a total of `bound`, which also ends visits waiting in a circle.
    """
    bound -= S.sums[FIXED]
    left = 6 * P.n + 60 if bound < np.inf else P.n * P.n + 60
    while S.ints[HEAD] != S.ints[TAIL]:
        v = S.node.queue[S.ints[HEAD]]
        S.ints[HEAD] = (S.ints[HEAD] + 1) % len(S.node)
        S.node.queued[v] = 0
        if S.node.run[v] < 0:
            continue
        left -= 1
        if left < 0:
            return False
        log(S, v)
        _prepare(P, S, v)
        _meet(P, S, v)
        if P.visit.late_price[v] * S.node.late[v] > bound:
            return False
    count = S.ints[TOUCHED]
    for k in range(count):  # the run after it keeps its distance from this one
        r = P.crew.after[S.tour.touched[k]]
        while r >= 0:
            touch(S, r)
            if S.node.follows[P.n + r] < P.n:
                break
            r = P.crew.after[r]
    for k in range(S.ints[TOUCHED]):
        tally_ends(P, S, S.tour.touched[k])
    for k in range(S.ints[TOUCHED]):
        r = S.tour.touched[k]
        S.sums[RUNS] -= S.tally[r, COST]
        tally(P, S, r)
        S.sums[RUNS] += S.tally[r, COST]
    return True


@inner
def tally_ends(P, S, r):
    """When the working time of a run begins and ends, its break after the last visit included."""
    v = S.node.leads[P.n + P.runs + r]
    if v >= P.n:
        S.tally[r, BEGINS], S.tally[r, ENDS] = P.crew.opens[r], P.crew.opens[r]
        if P.pause[r, 2] > 0 and S.tour.pause_at[r] >= 0:
            S.tour.pause_starts[r] = max(P.crew.opens[r], P.pause[r, 0])
        return
    ends = S.node.starts[v] + P.visit.minutes[v]
    if S.tour.pause_at[r] == P.n + P.runs + r:
        S.tour.pause_starts[r] = max(ends, P.pause[r, 0])
        ends = S.tour.pause_starts[r] + P.pause[r, 2]
    S.tally[r, ENDS] = ends + (way(P, v, P.n + P.runs + r) if P.crew.way_out[r] else 0.0)
    first = S.node.follows[P.n + r]
    begins = S.tour.pause_starts[r] if S.tour.pause_at[r] == first else S.node.starts[first]
    S.tally[r, BEGINS] = begins - (way(P, P.n + r, first) if P.crew.way_in[r] else 0.0)


@inner
def _gap(P, S, r):
    """Minutes by which a run begins too soon after the same carer's run before."""
    b = P.crew.before[r]
    while b >= 0 and S.node.follows[P.n + b] >= P.n:
        b = P.crew.before[b]
    if b < 0:
        return 0.0
    least = P.crew.gap[r]
    if P.crew.way_out[b] == 0 and P.crew.way_in[r] == 0:
        least = max(least, way(P, S.node.leads[P.n + P.runs + b], S.node.follows[P.n + r]))
    return max(0.0, S.tally[b, ENDS] + least - S.tally[r, BEGINS])


@inner
def tally(P, S, r):
    """What a run costs besides its way: overtime, a missed break, waiting, too short a rest."""
    cost = 0.0
    if P.pause[r, 2] > 0:
        if S.tour.pause_at[r] < 0:
            cost += P.pause[r, 3]
        else:
            cost += HARD * max(0.0, S.tour.pause_starts[r] - P.pause[r, 1])
    if S.node.follows[P.n + r] < P.n:
        ends = S.tally[r, ENDS]
        cost += P.w[OVERTIME] * max(0.0, ends - P.crew.closes[r]) + HARD * max(0.0, ends - P.crew.latest[r])
        cost += HARD * _gap(P, S, r)
    if P.detailed:
        cost += _detail(P, S, r)
    S.tally[r, COST] = cost


@inner
def _detail(P, S, r):
    """Waiting, idle time and work of a run."""
    waited = worst = idle = work = 0.0
    v, number = S.node.follows[P.n + r], 0
    while v < P.n:
        p = S.node.leads[v]
        work += P.visit.minutes[v] + way(P, p, v)
        arrives = S.node.arrives[v]
        if number == 0 and not P.at_opening:
            arrives = S.tally[r, BEGINS] + (way(P, p, v) if P.crew.way_in[r] else 0.0)
        if S.tour.pause_at[r] == v:
            rest = S.tour.pause_starts[r] - arrives
            after = S.node.starts[v] - S.tour.pause_starts[r] - P.pause[r, 2]
            waited += rest + (after if number > 0 else 0.0)
            worst = max(worst, rest, after if number > 0 else 0.0)
            idle += rest + after
        else:
            waited += S.node.starts[v] - arrives
            worst = max(worst, S.node.starts[v] - arrives)
            idle += S.node.starts[v] - arrives
        number += 1
        v = S.node.follows[v]
    end = P.n + P.runs + r
    if number:
        work += way(P, S.node.leads[end], end)
        if not P.at_opening:
            idle += max(0.0, S.tally[r, BEGINS] - P.crew.opens[r])
        if S.tour.pause_at[r] == end:
            rest = S.tour.pause_starts[r] - S.node.starts[S.node.leads[end]] - P.visit.minutes[S.node.leads[end]]
            waited += rest
            idle += rest
        idle += max(0.0, P.crew.closes[r] - S.tally[r, ENDS])
    else:
        idle = P.crew.closes[r] - P.crew.opens[r] - (P.pause[r, 2] if S.tour.pause_at[r] >= 0 else 0.0)
    S.tally[r, WORST_WAIT], S.tally[r, IDLE], S.tally[r, WORK] = worst, idle, work
    return P.w[WAITING] * waited


@inner
def _worst(values, column, count):
    found = 0.0
    for r in range(count):
        found = max(found, values[r, column])
    return found


@jit
def cost(P, S):
    """The price of the plan as it stands."""
    total = S.sums[FIXED] + S.sums[LATE] + S.sums[RUNS]
    if P.w[W_LATE] > 0:
        worst = 0.0
        for v in range(P.n):
            worst = max(worst, S.node.late[v])
        total += P.w[W_LATE] * worst
    if P.detailed:
        if P.w[W_IDLE] > 0:
            total += P.w[W_IDLE] * _worst(S.tally, IDLE, P.runs)
        if P.w[W_WAIT] > 0:
            total += P.w[W_WAIT] * _worst(S.tally, WORST_WAIT, P.runs)
        if P.w[IMBALANCE] > 0:
            mean = 0.0
            for r in range(P.runs):
                mean += S.tally[r, WORK]
            mean /= P.runs
            for r in range(P.runs):
                total += P.w[IMBALANCE] * np.ceil(abs(S.tally[r, WORK] - mean) - 1e-9)
    return total


@jit
def empty(P, S):
    """Every visit back in the pool."""
    begin(S)
    for v in range(P.n):
        if S.node.run[v] >= 0:
            unlink(P, S, v)
    for r in range(P.runs):
        S.tour.pause_at[r] = P.n + P.runs + r if P.pause[r, 2] > 0 else -1
        touch(S, r)
    settle(P, S, np.inf)
