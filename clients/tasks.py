"""Background work of this domain: ids in, one service call, harmless when run twice."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from clients.services.referral_upload import KIND, run_import
from homecare.jobs.registry import Work, job_kind


@job_kind(KIND, title=_("Import referrals"), permission="clients.add_referral")
def import_referrals(work: Work) -> dict[str, Any]:
    return run_import(work)
