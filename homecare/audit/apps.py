from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "homecare.audit"
    label = "audit"

    def ready(self) -> None:
        from homecare.audit.services.access import listen

        listen()
