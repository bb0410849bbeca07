"""A family rates a visit; a low rating reaches the managers at once."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import DomainError
from homecare.inbox.audience import people_with
from homecare.inbox.kinds import declare
from homecare.inbox.services.notification import notify
from scheduling.models import Visit, VisitRating
from scheduling.services.visit import once_more

LOW_RATING = "visit.low_rating"
RATED = {Visit.Status.COMPLETED, Visit.Status.APPROVED}
declare(LOW_RATING, label=gettext_lazy("A family rates a visit low"), permission="scheduling.view_visitrating")


def rate_visit(visit: Visit, *, score: int, comment: str = "", by: User) -> VisitRating:
    """1 to 5, once for each visit and person. Raises DomainError before the visit has taken place."""
    if visit.status not in RATED:
        raise DomainError(_("Only a visit that has taken place can be rated."))
    if not 1 <= score <= 5:
        raise DomainError(_("Choose 1 to 5."), field="score")

    def act() -> VisitRating:
        row = VisitRating.objects.create(visit=visit, score=score, comment=comment.strip()[:1000], by=by)
        record("visit.rated", visit, by=by)
        if row.is_low:
            _tell_managers(row)
        return row

    return once_more(act)


def _tell_managers(row: VisitRating) -> None:
    """Without the words: they may say something about the client's health."""
    for user in people_with("scheduling.view_visitrating", row.visit.branch):
        with translation.override(user.language):
            notify(
                user,
                LOW_RATING,
                dedupe_key=f"{LOW_RATING}:{row.pk}",
                title=_("A family was not satisfied with a visit"),
                body=_("Client: %(client)s. Read what they wrote and call them.")
                % {"client": row.visit.client.short_name},
                url=row.get_absolute_url(),
            )
