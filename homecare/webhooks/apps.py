from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "homecare.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from homecare.inbox.kinds import declare

        declare(
            "webhook.switched_off",
            label=_("A webhook was switched off after days of failure"),
            channels=("app", "email"),
            permission="webhooks.change_endpoint",
        )
