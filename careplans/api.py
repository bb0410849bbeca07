"""JSON in and out. ROUTES: (prefix under /api/v1/, viewset, basename)."""

ROUTES: list = []
