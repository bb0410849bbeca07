from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "homecare.jobs"
    label = "jobs"

    def ready(self) -> None:
        # Every process, web as well as worker, knows the same job kinds and notification kinds.
        autodiscover_modules("tasks")
