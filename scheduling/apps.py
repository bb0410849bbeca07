from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"
    label = "scheduling"

    def ready(self) -> None:
        from scheduling import webhook_events  # noqa: F401 - declares what webhooks can ask for
