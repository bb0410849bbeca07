from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CareplansConfig(AppConfig):
    name = "careplans"
    label = "careplans"

    def ready(self) -> None:
        from homecare.inbox.kinds import declare

        declare(
            "vital.alert",
            label=_("Vital signs out of range"),
            channels=("app", "email", "sms"),
            permission="careplans.change_vitalreading",
        )
        declare(
            "careplan.returned",
            label=_("Care plans sent back to me"),
            channels=("app", "email"),
            permission="careplans.change_careplan",
        )
        declare(
            "careplan.review",
            label=_("Care plan reviews falling due"),
            channels=("app", "email"),
            permission="careplans.activate_careplan",
        )
