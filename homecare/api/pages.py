from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    """Stable pages over rows that change meanwhile; `?page_size=` up to 500."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500
    ordering = "-id"
