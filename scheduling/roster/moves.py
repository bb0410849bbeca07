"""What a search does to a plan: link and unlink visits, work out the starts that follow, price it, take it back.

Compiled by numba. Starts are the earliest possible: a change runs down its route and, through links, into the routes
of the mates, as long as a start changes. Everything is logged, so that a refused change is undone exactly.
"""

from __future__ import annotations

import numpy as np

from scheduling.roster.compiled import inner

POOL, LOGGED, STAMP, TOUCHED, OPS, HEAD, TAIL = 0, 1, 2, 3, 4, 5, 6  # State.ints
FIXED, LATE, RUNS, HALVES = 0, 1, 2, 3  # State.sums
COST, WORST_WAIT, IDLE, WORK, ENDS, BEGINS = 0, 1, 2, 3, 4, 5  # State.tally
UNLINKED, LINKED, WINDOW, PAUSE = 0, 1, 2, 3  # State.ops
TRAVEL, W_LATE, WAITING, W_WAIT, OVERTIME, W_IDLE, IMBALANCE = 0, 1, 2, 3, 4, 5, 6  # Problem.w
LACKING, LACKING_VISIT, CROWD = 7, 8, 9


@inner
def draw(S):
    """A random 53-bit number (xorshift64*)."""
    x = S.rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    S.rng[0] = x
    return (x * np.uint64(2685821657736338717)) >> np.uint64(11)


@inner
def below(S, bound):
    return np.int64(draw(S) % np.uint64(bound))


@inner
def unit(S):
    return (draw(S) + np.uint64(1)) / 9007199254740993.0


@inner
def way(P, a, b):
    """Minutes from node a to node b; in an empty run nobody travels, unless the way is gone anyhow."""
    if a >= P.n and b >= P.n and P.crew.fixed[a - P.n] == 0:
        return 0.0
    return P.travel[P.place[a], P.place[b]]


@inner
def half_price(P, S, g):
    """The share of a link's price that its placed visits stand for while others are not placed."""
    return 0.0 if S.present[g] == P.group_size[g] else P.group_price[g] * S.present[g] / P.group_size[g]


@inner
def _missing(P, S, v, step):
    """The price of unfilled visits changes as v comes (1) or goes (−1).

    HALVES adds up what the placed visits of incomplete links would bring: `anneal` credits a part of it, so that a
    double-up may come about one half after the other.
    """
    g = P.visit.group[v]
    if g < 0:
        return -step * P.visit.missing[v]
    was = S.present[g] == P.group_size[g]
    S.sums[HALVES] -= half_price(P, S, g)
    S.present[g] += step
    now = S.present[g] == P.group_size[g]
    S.sums[HALVES] += half_price(P, S, g)
    return (np.int64(was) - np.int64(now)) * P.group_price[g]


@inner
def _unkept(P, S, c):
    """What it costs that carer c has less than is promised."""
    minutes = max(0.0, P.promised[c, 0] - S.load[c])
    return P.w[LACKING] * minutes + P.w[LACKING_VISIT] * max(0.0, P.promised[c, 1] - S.comes[c])


@inner
def _crowd(P, S, v, c, step):
    """What a carer more or less in the circle of v costs."""
    k = P.circle[v]
    if k < 0:
        return 0.0
    S.around[k, c] += step
    if P.present[k, c] or S.around[k, c] != (1 if step > 0 else 0):
        return 0.0
    before = max(0, S.crowd[k] - P.limit[k])
    S.crowd[k] += step
    return P.w[CROWD] * (max(0, S.crowd[k] - P.limit[k]) - before)


@inner
def _belong(P, S, v, r, step):
    """Prices of v with the carer of run r, as it comes (1) or goes (−1)."""
    c = P.crew.carer[r]
    unkept = _unkept(P, S, c)
    S.load[c] += step * P.visit.minutes[v]
    S.comes[c] += step
    price = step * P.price[v, c] + _missing(P, S, v, step) + _unkept(P, S, c) - unkept + _crowd(P, S, v, c, step)
    if P.face.shape[0] > 0:
        k = P.visit.client[v]
        S.faces[k, c] += step
        if S.faces[k, c] == (1 if step > 0 else 0):
            price += step * P.face[k, c]
    return price


@inner
def _attach(P, S, v, p):
    x, r = S.node.follows[p], S.node.run[p]
    S.node.follows[p], S.node.leads[v], S.node.follows[v], S.node.leads[x] = v, p, x, v
    S.node.run[v] = r
    S.sums[FIXED] += P.w[TRAVEL] * (way(P, p, v) + way(P, v, x) - way(P, p, x)) + _belong(P, S, v, r, 1)
    at, last = S.node.pool_at[v], S.ints[POOL] - 1  # out of the pool: the last one takes its place
    other = S.node.pool[last]
    S.node.pool[at], S.node.pool_at[other] = other, at
    S.ints[POOL] = last


@inner
def _detach(P, S, v):
    p, x, r = S.node.leads[v], S.node.follows[v], S.node.run[v]
    S.node.follows[p], S.node.leads[x] = x, p
    S.node.run[v] = -1
    S.sums[FIXED] += P.w[TRAVEL] * (way(P, p, x) - way(P, p, v) - way(P, v, x)) + _belong(P, S, v, r, -1)
    at = S.ints[POOL]
    S.node.pool[at], S.node.pool_at[v] = v, at
    S.ints[POOL] = at + 1


@inner
def _note(S, kind, v, old):
    k = S.ints[OPS]
    S.ops[k, 0], S.ops[k, 1], S.ops[k, 2] = kind, v, old
    S.ints[OPS] = k + 1


@inner
def push(S, v):
    if S.node.queued[v] == 0:
        S.node.queued[v] = 1
        S.node.queue[S.ints[TAIL]] = v
        S.ints[TAIL] = (S.ints[TAIL] + 1) % len(S.node)


@inner
def touch(S, r):
    """Run r has to be tallied anew."""
    if S.tour.touched_stamp[r] != S.ints[STAMP]:
        S.tour.touched_stamp[r] = S.ints[STAMP]
        k = S.ints[TOUCHED]
        S.tour.touched[k] = r
        for i in range(6):
            S.touched_values[k, i] = S.tally[r, i]
        S.touched_values[k, 6] = S.tour.pause_starts[r]
        S.ints[TOUCHED] = k + 1


@inner
def stir(P, S, x):
    """Node x has a new neighbour: its start follows anew, or its run is tallied anew."""
    if x < P.n:
        push(S, x)
    else:
        touch(S, S.node.run[x])


@inner
def link(P, S, v, p):
    """Puts v after node p."""
    _attach(P, S, v, p)
    _note(S, LINKED, v, 0)
    push(S, v)
    stir(P, S, S.node.follows[v])
    touch(S, S.node.run[v])


@inner
def unlink(P, S, v):
    """Takes v out of its run; a break before it is then taken before the next."""
    p, x, r = S.node.leads[v], S.node.follows[v], S.node.run[v]
    if S.tour.pause_at[r] == v:
        set_pause(P, S, r, x)
    _detach(P, S, v)
    _note(S, UNLINKED, v, p)
    log(S, v)
    S.sums[LATE] -= P.visit.late_price[v] * S.node.late[v]
    S.node.late[v], S.node.starts[v] = 0.0, -1.0
    touch(S, r)
    stir(P, S, x)
    for i in range(P.mates.shape[1]):
        m = P.mates[v, i]
        if m >= 0 and S.node.run[m] >= 0:
            push(S, m)


@inner
def set_pause(P, S, r, x):
    """The break of run r is taken before node x (−1: not at all)."""
    old = S.tour.pause_at[r]
    _note(S, PAUSE, r, old)
    S.tour.pause_at[r] = x
    touch(S, r)
    if 0 <= old < P.n:
        push(S, old)
    if 0 <= x < P.n:
        push(S, x)


@inner
def set_window(S, v, k):
    _note(S, WINDOW, v, S.node.window[v])
    S.node.window[v] = k


@inner
def begin(S):
    """From here on changes are logged."""
    S.ints[STAMP] += 1
    S.ints[LOGGED] = S.ints[TOUCHED] = S.ints[OPS] = 0


@inner
def undo(P, S, sums):
    """Back to how it was at `begin`."""
    while S.ints[HEAD] != S.ints[TAIL]:
        S.node.queued[S.node.queue[S.ints[HEAD]]] = 0
        S.ints[HEAD] = (S.ints[HEAD] + 1) % len(S.node)
    for k in range(S.ints[OPS] - 1, -1, -1):
        kind, v, old = S.ops[k, 0], S.ops[k, 1], S.ops[k, 2]
        if kind == UNLINKED:
            _attach(P, S, v, old)
        elif kind == LINKED:
            _detach(P, S, v)
        elif kind == WINDOW:
            S.node.window[v] = old
        else:
            S.tour.pause_at[v] = old
    for k in range(S.ints[LOGGED]):
        v = S.node.log[k]
        S.node.starts[v], S.node.arrives[v] = S.log_values[k, 0], S.log_values[k, 1]
        S.node.ready[v], S.node.late[v] = S.log_values[k, 2], S.log_values[k, 3]
    for k in range(S.ints[TOUCHED]):
        r = S.tour.touched[k]
        for i in range(6):
            S.tally[r, i] = S.touched_values[k, i]
        S.tour.pause_starts[r] = S.touched_values[k, 6]
    for i in range(len(sums)):
        S.sums[i] = sums[i]


@inner
def log(S, v):
    if S.node.stamp[v] != S.ints[STAMP]:
        S.node.stamp[v] = S.ints[STAMP]
        k = S.ints[LOGGED]
        S.node.log[k] = v
        S.log_values[k, 0], S.log_values[k, 1] = S.node.starts[v], S.node.arrives[v]
        S.log_values[k, 2], S.log_values[k, 3] = S.node.ready[v], S.node.late[v]
        S.ints[LOGGED] = k + 1


@inner
def allowed(P, S, v, r):
    """May v come into run r: who, the carer's hours, and nobody is both halves of a double-up."""
    if r < 0 or P.eligible[v, r] == 0:
        return False
    c = P.crew.carer[r]
    if S.load[c] + P.visit.minutes[v] > P.cap[c]:
        return False
    if P.visit.needs_two[v]:
        for i in range(P.mates.shape[1]):
            m = P.mates[v, i]
            if m >= 0 and S.node.run[m] >= 0 and P.crew.carer[S.node.run[m]] == c:
                return False
    return True
