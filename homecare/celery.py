"""The Celery application: the bell that wakes workers. PostgreSQL holds the truth about long work (homecare.jobs)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "homecare.settings")

app = Celery("homecare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
