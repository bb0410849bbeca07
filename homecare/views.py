"""The page mixins every app uses: who may (permission → 403), which rows (visible_to → 404), page or fragment (htmx).

A list renders `<app>/_<noun>_table.html` for htmx and `<app>/<noun>_list.html`, which includes that very file,
otherwise. A form calls one service in `perform`; a DomainError lands above the fields and nothing typed is lost.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views import View
from django.views.generic import DetailView, FormView, ListView, TemplateView

from homecare.context import in_dialog
from homecare.errors import DomainError, readable, safe_back, toast


def form_ids(request: HttpRequest) -> str:
    """In the dialog a form's elements have ids of their own: the page under it may have fields of the same names."""
    return "dialog_%s" if in_dialog(request) else "id_%s"


class PermissionMixin(AccessMixin):
    """May this role? `permission` is one Django permission or a tuple of which any one suffices.

    `permission = None` means: any signed-in person (own notifications, own profile)."""

    permission: str | tuple[str, ...] | None
    request: HttpRequest

    def has_permission(self) -> bool:
        if self.permission is None:
            return True
        wanted = (self.permission,) if isinstance(self.permission, str) else self.permission
        return any(self.request.user.has_perm(name) for name in wanted)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if not self.has_permission():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class ScopedMixin:
    """Which rows? Every query begins with visible_to(user)."""

    model: Any
    request: HttpRequest
    kwargs: dict[str, Any]

    def get_queryset(self) -> Any:
        return self.model.objects.visible_to(self.request.user)

    def scoped_object(self, **lookup: Any) -> Any:
        """The one row of the URL, 404 when it is not this person's to see."""
        return get_object_or_404(self.get_queryset(), **(lookup or {"pk": self.kwargs["pk"]}))


class Page(PermissionMixin, TemplateView):
    """A page without one main row."""


class ListPage(PermissionMixin, ScopedMixin, ListView):
    """A filtered, paged list. Set model, permission, filterset_class, template_name and fragment_name."""

    paginate_by = 50
    page_sizes = (50, 100, 200)  # what a person may choose; kept in the URL as `rows`
    filterset_class: Any = None
    fragment_name: str = ""
    filterset: Any = None

    def get_queryset(self) -> Any:
        rows = self.rows(super().get_queryset())
        if self.filterset_class is None:
            return rows
        self.filterset = self.filterset_class(self.asked(), queryset=rows, request=self.request)
        return self.filterset.qs

    def get_paginate_by(self, queryset: Any) -> int | None:
        chosen = self.request.GET.get("rows", "")
        return int(chosen) if chosen in map(str, self.page_sizes) else self.paginate_by

    def asked(self) -> Any:
        """What the filters are set to; override when the list opens with some of them set."""
        return self.request.GET

    def rows(self, queryset: Any) -> Any:
        """Joins and ordering of the list; override."""
        return queryset

    def get_template_names(self) -> list[str]:
        if self.fragment_name and getattr(self.request, "htmx", False) and not self.request.htmx.boosted:  # type: ignore[attr-defined]
            return [self.fragment_name]
        return [self.template_name]  # type: ignore[list-item]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sizes = self.page_sizes if self.paginate_by else ()
        return super().get_context_data(
            filter=self.filterset, fragment_name=self.fragment_name, page_sizes=sizes, **kwargs
        )


class DetailPage(PermissionMixin, ScopedMixin, DetailView):
    """One row's page."""


class ServiceFormMixin:
    """A form whose valid submission calls one service. Errors of the service appear on the form (422 for htmx)."""

    success_message: Any = ""  # a sentence, translated or lazy
    request: HttpRequest
    result: Any = None

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"auto_id": form_ids(self.request)}  # type: ignore[misc]

    def perform(self, form: Any) -> Any:
        """Calls the service; returns the row."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            self.result = self.perform(form)
        except DomainError as error:
            return self.refuse(form, error)
        except IntegrityError as error:
            return self.refuse(form, readable(error))
        if self.success_message:
            messages.success(self.request, self.success_message)
        return self.succeed()

    def refuse(self, form: Any, error: DomainError) -> HttpResponse:
        field = error.field if error.field in form.fields else None
        form.add_error(field, error.message)
        return self.form_invalid(form)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 422 if getattr(self.request, "htmx", False) else 200
        return response

    def succeed(self) -> HttpResponse:
        url = self.get_success_url()
        if getattr(self.request, "htmx", False):
            response = HttpResponse(status=204)
            response["HX-Redirect"] = url
            return response
        return HttpResponseRedirect(url)

    def get_success_url(self) -> str:
        url = getattr(self, "success_url", None)
        return str(url) if url else str(self.result.get_absolute_url())


class FormPage(PermissionMixin, ServiceFormMixin, FormView):
    """A page with one form. Rows it works on are fetched with visible_to in `perform`/`get_form_kwargs`."""

    template_name = "form_page.html"


class ActionView(PermissionMixin, ScopedMixin, View):
    """A verb on one row: POST …/<pk>/<verb>/. Calls one service; a DomainError becomes a message on the page."""

    http_method_names = ["post"]
    success_message: Any = ""  # a sentence, translated or lazy

    def perform(self, obj: Any) -> Any:
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = self.scoped_object()
        try:
            result = self.perform(obj)
        except IntegrityError as error:
            raise readable(error) from error
        return self.respond(result if result is not None else obj)

    def respond(self, result: Any) -> HttpResponse:
        if getattr(self.request, "htmx", False):
            response = HttpResponse(status=204)
            response["HX-Refresh"] = "true"
            if self.success_message:
                messages.success(self.request, self.success_message)
            return response
        if self.success_message:
            messages.success(self.request, self.success_message)
        return HttpResponseRedirect(self.get_success_url(result))

    def get_success_url(self, result: Any) -> str:
        default = result.get_absolute_url() if hasattr(result, "get_absolute_url") else reverse("home")
        return safe_back(self.request, default)


__all__ = [
    "ActionView",
    "DetailPage",
    "FormPage",
    "ListPage",
    "Page",
    "PermissionMixin",
    "ScopedMixin",
    "ServiceFormMixin",
    "toast",
]
