from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"
    label = "staff"

    def ready(self) -> None:
        from homecare.inbox.kinds import declare

        declare("credential.expiring", label=_("Credentials running out"), channels=("app", "email"))
        declare("time_off.requested", label=_("Requests for time off"), channels=("app", "email"))
        declare("time_off.decided", label=_("Decisions on my time off"), channels=("app", "email"))
