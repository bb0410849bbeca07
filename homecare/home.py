"""Where each person starts: office people on Today, caregivers on their phone page, families in the portal."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.urls import reverse
from django.views.generic import RedirectView

STARTS = [
    ("accounts.view_today", "reports:today"),
    ("scheduling.work_visit", "scheduling:phone-today"),
    ("clients.view_portal", "reports:portal"),
]


class Home(LoginRequiredMixin, RedirectView):
    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        for permission, url_name in STARTS:
            if self.request.user.has_perm(permission):
                return reverse(url_name)
        return reverse("accounts:profile")
