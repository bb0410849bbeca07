"""Taking a change of a pattern back: the button stands on the notice after the change and on the pattern's page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.views import ActionView
from scheduling.models import Schedule, SeriesChange
from scheduling.services.undo import Undone, undo_change
from scheduling.wording import span

MOST_SAID = 6


def changes_of(schedule: Schedule, user: Any) -> Any:
    """The changes that made this pattern what it is, newest first."""
    rows = SeriesChange.objects.visible_to(user)
    return (rows.filter(schedule=schedule) | rows.filter(successor=schedule)).select_related("by", "undone_by")


def offer_undo(request: HttpRequest, schedule: Schedule, text: Any) -> None:
    """The sentence after a change, with its Undo button."""
    change = changes_of(schedule, request.user).order_by("-pk").first()
    url = reverse("scheduling:series-change-undo", args=[change.pk]) if change is not None else ""
    messages.success(request, str(text), extra_tags=url)


class SeriesChangeUndo(ActionView):
    """Undoes one change; what had to be left is listed on the pattern's page."""

    model = SeriesChange
    permission = "scheduling.change_schedule"
    success_message = gettext_lazy("The change is undone.")

    def perform(self, obj: Any) -> Schedule:
        undone = undo_change(obj, by=self.request.user)  # type: ignore[arg-type]
        for sentence in _sentences(undone):
            messages.warning(self.request, sentence)
        return undone.change.schedule

    def get_success_url(self, result: Any) -> str:
        return result.get_absolute_url()


def _sentences(undone: Undone) -> list[str]:
    """Each visit that is not as it was before, and why."""
    found = [(visit, reason) for visit, reason in undone.left]
    found += [(visit, _("Unfilled: %(why)s") % {"why": why[0].sentence}) for visit, why in undone.left_open]
    said = [
        f"{span(visit.starts_at, visit.ends_at, visit.branch.time_zone)}: {reason}"
        for visit, reason in found[:MOST_SAID]
    ]
    if len(found) > MOST_SAID:
        said.append(_("… and %(n)s more visits.") % {"n": len(found) - MOST_SAID})
    return said
