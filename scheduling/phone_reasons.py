"""Why an act of a phone could not be carried out, in words for the caregiver and for the office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from scheduling.models import Visit


class Why(TextChoices):
    """The label is what the office reads."""

    MOVED = "moved", gettext_lazy("The visit was given to somebody else")
    CANCELLED = "cancelled", gettext_lazy("The visit was cancelled")
    APPROVED = "approved", gettext_lazy("The visit was already approved")
    BUSY = "busy", gettext_lazy("The visit was marked missed and its time given away")
    UNKNOWN = "unknown", gettext_lazy("There is no such visit")
    UNREADABLE = "unreadable", gettext_lazy("The phone sent something that could not be read")
    REFUSED = "refused", gettext_lazy("A rule refused it")

    @classmethod
    def of_status(cls, status: str) -> Why:
        return {"cancelled": cls.CANCELLED, "approved": cls.APPROVED}.get(status, cls.BUSY)


class NotApplied(Exception):
    """The act is kept for the office."""

    def __init__(self, why: Why):
        super().__init__(why)
        self.why = why


def sentence_for(why: str, visit: Visit | None) -> str:
    """What the caregiver reads: what happened, and that nothing is lost."""
    kept = _("What you recorded was kept and the office will look at it.")
    if why == Why.MOVED:
        if visit is not None and visit.caregiver is not None:
            what = _("This visit was given to %(name)s.") % {"name": visit.caregiver.short_name}
        else:
            what = _("This visit is not on your list any more.")
    else:
        what = {
            Why.CANCELLED: _("This visit was cancelled."),
            Why.APPROVED: _("The office has already approved this visit."),
            Why.BUSY: _("This visit was marked as missed."),
            Why.UNKNOWN: _("We do not know this visit."),
        }.get(Why(why), _("This could not be entered by itself."))
    return f"{what} {kept}"
