"""Filling in a questionnaire."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from careplans.models import Assessment, Instrument
from careplans.scoring import AnswerMissing, AnswerUnknown, score_of
from clients.models import Client
from homecare import clock
from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import DomainError


@transaction.atomic
def record_assessment(
    client: Client,
    instrument: Instrument,
    answers: Mapping[str, int],
    *,
    assessed_on: dt.date,
    by: User,
    comment: str = "",
) -> Assessment:
    """Scores and keeps a filled questionnaire; every item needs an answer it offers. The band's words stay as today."""
    today = clock.today(client.branch.time_zone)
    if not client.birth_on <= assessed_on <= today:
        raise DomainError(_("Enter the day of the assessment: today or a day in the past."), field="assessed_on")
    try:
        result = score_of(instrument.items, instrument.bands, answers)
    except AnswerUnknown as error:
        raise DomainError(
            _("“%(item)s”: choose one of the answers.") % {"item": error.text}, field=error.code
        ) from error
    except AnswerMissing as error:
        raise DomainError(_("“%(item)s” has no answer yet.") % {"item": error.text}, field=error.code) from error
    row = Assessment.objects.create(
        client=client,
        instrument=instrument,
        assessed_on=assessed_on,
        answers=dict(answers),
        score=result.score,
        band=result.band,
        tone=result.tone,
        comment=comment,
        assessed_by=by,
    )
    record(
        "assessment.recorded",
        row,
        by=by,
        changes={"instrument": [None, f"{instrument.code} v{instrument.version}"], "score": [None, result.score]},
    )
    return row
