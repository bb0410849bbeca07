"""The upload page: files wait privately, a job reads them, then they are gone."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from clients.models import Referral
from clients.services.referral import import_bundle
from clients.services.referral_upload import FOLDER, store_upload
from homecare.jobs.models import Job
from homecare.jobs.services.job import cancel_job, run_job_now
from tests.clients.bundles import patient, raw


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/json")


def waiting() -> list[str]:
    return default_storage.listdir(FOLDER)[1] if default_storage.exists(FOLDER) else []


@pytest.fixture(autouse=True)
def empty_folder():
    yield
    for name in waiting():
        default_storage.delete(f"{FOLDER}/{name}")


def test_upload_page_imports_each_file_and_tells_of_each(coordinator, as_user):
    http = as_user(coordinator)
    answer = http.post(
        reverse("clients:referral-upload"),
        {"bundles": [file("good.json", raw(patient())), file("bad.json", b"{")]},
    )
    job = Job.objects.get()
    assert answer.url == reverse("clients:referral-import", args=[job.public_id])
    assert "every 1s" in http.get(answer.url).content.decode()
    assert len(waiting()) == 2

    job = run_job_now(job)

    assert job.status == "done", job.error
    assert job.result["summary"] == "1 new, 0 updated, 0 known already, 1 refused."
    assert waiting() == []
    page = http.get(answer.url).content.decode()
    assert Referral.objects.get().get_absolute_url() in page
    assert "This file is not JSON: line 1" in page
    assert "every 1s" not in page


def test_upload_twice_by_a_worker_that_died_is_harmless(coordinator):
    job = store_upload([file("a.json", raw(patient()))], by=coordinator)
    kept = dict(job.params["files"][0])
    run_job_now(job)
    default_storage.save(kept["path"], file("a.json", raw(patient())))
    again = store_upload([file("a.json", raw(patient()))], by=coordinator)
    assert run_job_now(again).result["summary"].startswith("0 new, 0 updated, 1 known already")
    assert Referral.objects.count() == 1


def test_upload_stopped_while_running_deletes_what_waited(coordinator, monkeypatch):
    job = store_upload([file("a.json", raw(patient()))], by=coordinator)

    def stopped_meanwhile(content, name, *, by):
        cancel_job(job, by=coordinator)
        return import_bundle(content, name, by=by)

    monkeypatch.setattr("clients.services.referral_upload.import_bundle", stopped_meanwhile)
    assert run_job_now(job).status == "cancelled"
    assert waiting() == []
    assert Referral.objects.count() == 1


def test_upload_stopped_before_it_began_is_deleted_by_the_next(coordinator):
    cancel_job(store_upload([file("a.json", raw(patient()))], by=coordinator), by=coordinator)
    job = store_upload([file("b.json", raw(patient()))], by=coordinator)
    assert waiting() == [job.params["files"][0]["path"].rpartition("/")[2]]


def test_upload_page_says_what_is_wrong_with_the_choice(coordinator, as_user, settings):
    settings.REFERRAL_MAX_BYTES = 10
    http, url = as_user(coordinator), reverse("clients:referral-upload")
    assert "Choose at least one file" in http.post(url, {}).content.decode()
    assert "is empty" in http.post(url, {"bundles": [file("a.json", b"")]}).content.decode()
    assert "has more than" in http.post(url, {"bundles": [file("a.json", b"x" * 11)]}).content.decode()
    assert not Job.objects.exists()


def test_upload_of_another_person_is_not_there(coordinator, other_coordinator, as_user):
    job = store_upload([file("a.json", raw(patient()))], by=coordinator)
    url = reverse("clients:referral-import", args=[job.public_id])
    assert as_user(other_coordinator).get(url).status_code == 404
    cancel_job(job, by=coordinator)
    assert "Stopped." in as_user(coordinator).get(url).content.decode()
