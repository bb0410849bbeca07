"""Telling everybody a selection of visits concerns, each once, through the inbox."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.accounts.models import Branch, User
from homecare.audit.services.event import record
from homecare.errors import Conflict, DomainError
from homecare.inbox.kinds import declare
from homecare.inbox.models import Notification
from homecare.inbox.services.notification import notify
from homecare.jobs.services.job import start_job
from scheduling.audience import Reached, unknown_fields
from scheduling.models import Broadcast, BroadcastRecipient

KIND = "scheduling.send_broadcast"
NOTICE = "office.message"
AT_ONCE = 50  # more recipients are told by a job
LONGEST = 500
# What leaves the house by e-mail and text message: these sentences and nothing else.
SENTENCES = {
    Broadcast.Topic.WEATHER: gettext_lazy("The office has a message about the weather and visits"),
    Broadcast.Topic.HOLIDAY: gettext_lazy("The office has a message about visits on the holiday"),
    Broadcast.Topic.ABSENCE: gettext_lazy("The office has a message about who comes"),
    Broadcast.Topic.CHANGE: gettext_lazy("The office has a message about changed visits"),
    Broadcast.Topic.OTHER: gettext_lazy("The office has a message about visits"),
}
declare(
    NOTICE,
    label=gettext_lazy("The office writes to everybody concerned"),
    channels=("app", "email"),
    permission=("scheduling.work_visit", "clients.view_portal"),
)


def send_broadcast(
    reached: Reached,
    *,
    expected: str,
    key: uuid.UUID,
    topic: str,
    audience: str,
    text: str,
    selection: dict[str, Any],
    visit_count: int,
    branch: Branch | None,
    is_urgent: bool = False,
    by: User,
) -> Broadcast:
    """Keeps the message with its recipients and tells them; sent twice with the same key it is one message.

    `expected` is the digest of the recipients the person saw. Many recipients are told by a job.
    """
    kept = Broadcast.objects.filter(submission_key=key, created_by=by).first()
    if kept is not None:
        return kept
    if reached.digest != expected:
        raise Conflict(_("Meanwhile others would be told. Look at the list again, then send."))
    _check(reached, text)
    with transaction.atomic():
        row, made = Broadcast.objects.get_or_create(
            submission_key=key,
            defaults={
                "branch": branch,
                "topic": topic,
                "audience": audience,
                "text": text,
                "selection": selection,
                "visit_count": visit_count,
                "is_urgent": is_urgent,
                "created_by": by,
            },
        )
        if not made:
            return row
        BroadcastRecipient.objects.bulk_create(
            BroadcastRecipient(broadcast=row, user=one.user, concern=one.concern, body=one.reads(text))
            for one in reached.people
        )
        record("broadcast.sent", row, by=by, changes={"recipients": len(reached.people), "visits": visit_count})
        if len(reached.people) > AT_ONCE:
            start_job(KIND, by=by, params={"broadcast": row.pk}, branch=branch, dedupe_key=f"broadcast:{row.pk}")
        else:
            tell_recipients(row)
    return row


def _check(reached: Reached, text: str) -> None:
    if not reached.people:
        raise DomainError(_("Nobody can be told: nobody concerned has an account."))
    wrong = unknown_fields(text)
    if wrong:
        raise DomainError(
            _("There is no field %(fields)s. Use {name}, {day} or {visits}.")
            % {"fields": ", ".join(f"{{{name}}}" for name in wrong)},
            field="text",
        )
    if any(len(one.reads(text)) > LONGEST for one in reached.people):
        raise DomainError(_("The text is too long. Shorten it."), field="text")


def tell_recipients(broadcast: Broadcast, progress: Callable[..., Any] | None = None) -> int:
    """Tells whoever was not told yet, each in their own transaction; may run twice. Returns how many."""
    rows = list(broadcast.recipients.unsent().select_related("user"))
    for number, row in enumerate(rows, 1):
        with transaction.atomic():
            _tell(broadcast, row)
        if progress is not None:
            progress(number, len(rows), "")
    Broadcast.objects.filter(pk=broadcast.pk, finished_at=None).update(finished_at=timezone.now())
    return len(rows)


def _tell(broadcast: Broadcast, row: BroadcastRecipient) -> None:
    key = f"broadcast:{broadcast.pk}"
    with translation.override(row.user.language):
        title = str(SENTENCES[Broadcast.Topic(broadcast.topic)])
    told = notify(
        row.user,
        NOTICE,
        dedupe_key=key,
        title=title,
        body=row.body,
        url=reverse("inbox:notification-list"),
        urgent=broadcast.is_urgent,
    )
    told = told or Notification.objects.filter(recipient=row.user, dedupe_key=key).first()
    if told is not None:
        row.notification = told
        row.save(update_fields=["notification"])
