"""What a board that stands open asks again and again: has anybody changed what it shows?"""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.views import View

from homecare.views import PermissionMixin
from scheduling.board_changes import Cursor, changes_since, sentences, touched_by
from scheduling.views.board import cells_of
from scheduling.views.board_place import shown_rows
from scheduling.views.board_scope import named_board

CURSOR_HEADER = "X-Board-Cursor"


class BoardChanges(PermissionMixin, View):
    """204 when nothing has changed since `since`, else the changed rows' cells, each in place of the one shown."""

    permission = "scheduling.view_visit"

    def get(self, request: HttpRequest) -> HttpResponse:
        board = named_board(request, None)
        try:
            since = Cursor.parse(request.GET.get("since", ""))
        except ValueError:
            since = None
        if board is None or since is None:
            return HttpResponse(status=400)
        cursor = Cursor.now()
        changes = changes_since(since)
        rows = touched_by(board, changes, since, shown_rows(request))
        cells = cells_of(request, board, rows) if rows else None
        response = HttpResponse(cells.html) if cells else HttpResponse(status=204)
        response[CURSOR_HEADER] = str(cursor)
        said = [{"id": key, "text": text} for key, text in sentences(board, changes, rows)] if rows else []
        response["HX-Trigger"] = json.dumps({"board:changed": {"said": said, "redraw": bool(cells and cells.redraw)}})
        return response
