from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"
    label = "staff"

    def ready(self) -> None:
        from homecare.inbox.kinds import declare

        works_here = ("scheduling.work_visit", "accounts.see_branch_rows")
        declare(
            "credential.expiring",
            label=_("Credentials running out"),
            channels=("app", "email"),
            permission=works_here,
        )
        declare(
            "time_off.requested",
            label=_("Requests for time off"),
            channels=("app", "email"),
            permission="staff.change_timeoff",
        )
        declare(
            "time_off.decided",
            label=_("Decisions on my time off"),
            channels=("app", "email"),
            permission=works_here,
        )
