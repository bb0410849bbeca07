"""A person's own notifications: the bell, the list, opening one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views import View

from homecare.inbox.models import Notification
from homecare.inbox.services.notification import read_all, read_notification
from homecare.views import ListPage, PermissionMixin, ScopedMixin


class NotificationList(ListPage):
    model = Notification
    permission = None
    template_name = "inbox/notification_list.html"
    fragment_name = "inbox/_notification_table.html"
    paginate_by = 30

    def rows(self, queryset: Any) -> Any:
        return queryset.unread() if self.request.GET.get("show") == "unread" else queryset

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        only_unread = self.request.GET.get("show") == "unread"
        return super().get_context_data(title=_("Notifications"), only_unread=only_unread, **kwargs)


class Bell(PermissionMixin, View):
    """The count beside the bell; asked for every 30 seconds, so one query and no frame."""

    permission = None

    def get(self, request: HttpRequest) -> HttpResponse:
        unread = Notification.objects.visible_to(request.user).unread().count()
        return render(request, "inbox/_bell_count.html", {"unread": unread})


class NotificationOpen(PermissionMixin, ScopedMixin, View):
    """GET only leads to the page it is about (scanners fetch links in e-mails); POST also marks it as read."""

    permission = None
    model = Notification

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return HttpResponseRedirect(self.scoped_object().url or reverse("inbox:notification-list"))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = read_notification(self.scoped_object(), by=request.user)  # type: ignore[arg-type]
        return HttpResponseRedirect(row.url or reverse("inbox:notification-list"))


class NotificationReadAll(PermissionMixin, View):
    permission = None
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        read_all(by=request.user)  # type: ignore[arg-type]
        return HttpResponseRedirect(reverse("inbox:notification-list"))
