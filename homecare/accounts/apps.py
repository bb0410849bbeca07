from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


def _sync_roles(sender: AppConfig, **kwargs: Any) -> None:
    from homecare.accounts.roles import sync_roles

    sync_roles()


class AccountsConfig(AppConfig):
    name = "homecare.accounts"
    label = "accounts"

    def ready(self) -> None:
        # Groups are a catalogue in code (roles.py); like Django's own permissions they follow each migrate.
        # The last app with models: only then do the permissions of every domain exist.
        last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
        post_migrate.connect(_sync_roles, sender=last)
