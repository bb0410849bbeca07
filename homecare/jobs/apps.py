from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "homecare.jobs"
    label = "jobs"
