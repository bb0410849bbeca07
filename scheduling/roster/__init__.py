"""Rosters: who could take which visits of some days, worked out as plain data without the database.

instance.py says what is to be planned, checker.py is the law a plan must pass and its score, solver.py finds plans,
builder.py reads the instance of a branch from the database. See docs/roster.md.
"""
