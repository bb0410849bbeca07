"""Uploaded bundles wait privately in the file store until a job has read them; then they are deleted."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.services.referral import CREATED, REFUSED, UPDATED, ImportResult, import_bundle
from homecare.accounts.models import User
from homecare.jobs.models import Job
from homecare.jobs.registry import JobCancelled, Work
from homecare.jobs.services.job import start_job

FOLDER = "referrals-waiting"
KIND = "clients.import_referrals"
FORGOTTEN_AFTER = dt.timedelta(days=1)


def store_upload(files: Iterable[Any], *, by: User) -> Job:
    """Keeps the files under names nobody can guess and starts the job that reads them."""
    _sweep()
    kept = []
    for one in files:
        path = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}.json", File(one))
        kept.append({"path": path, "name": str(one.name)[-200:]})
    title = ngettext("Import %(n)s referral", "Import %(n)s referrals", len(kept)) % {"n": len(kept)}
    return start_job(KIND, by=by, params={"files": kept}, title=title)


def run_import(work: Work) -> dict[str, Any]:
    """Reads each file. Running twice is harmless: what was imported is found unchanged, the files go at the end."""
    files = work.params["files"]
    rows: list[dict[str, Any]] = []
    try:
        for number, one in enumerate(files):
            work.progress(number, len(files), one["name"])
            rows.append(_row(one["name"], _read(one, work.by)))
        work.progress(len(files), len(files))
    except JobCancelled:
        _delete(files)
        raise
    _delete(files)
    return _result(rows)


def _read(one: dict[str, str], by: User) -> ImportResult:
    try:
        with default_storage.open(one["path"]) as opened:
            raw = opened.read()
    except FileNotFoundError:
        return ImportResult(None, REFUSED, [_("The uploaded file is no longer here. Upload it again.")])
    return import_bundle(raw, one["name"], by=by)


def _row(name: str, result: ImportResult) -> dict[str, Any]:
    referral = result.referral
    return {
        "name": name,
        "outcome": result.outcome,
        "problems": result.problems,
        "referral": referral.pk if referral else None,
        "person": referral.full_name if referral else "",
    }


def _result(rows: list[dict[str, Any]]) -> dict[str, Any]:
    counts = Counter(row["outcome"] for row in rows)
    summary = _("%(created)s new, %(updated)s updated, %(unchanged)s known already, %(refused)s refused.") % {
        "created": counts[CREATED],
        "updated": counts[UPDATED],
        "unchanged": counts["unchanged"],
        "refused": counts[REFUSED],
    }
    left = [f"{row['name']}: {row['problems'][0]}" for row in rows if row["problems"]]
    return {"summary": summary, "files": rows, "left": left}


def _delete(files: Iterable[dict[str, str]]) -> None:
    for one in files:
        default_storage.delete(one["path"])


def _sweep() -> None:
    """Deletes what stopped or lost uploads left behind: nobody's health record lies about for more than a day."""
    for params in Job.objects.filter(kind=KIND, status=Job.Status.CANCELLED).values_list("params", flat=True)[:100]:
        _delete(params["files"])
    if not default_storage.exists(FOLDER):
        return
    _folders, names = default_storage.listdir(FOLDER)
    for name in names:
        path = f"{FOLDER}/{name}"
        try:
            if default_storage.get_modified_time(path) < timezone.now() - FORGOTTEN_AFTER:
                default_storage.delete(path)
        except FileNotFoundError:
            continue  # another sweep was quicker
