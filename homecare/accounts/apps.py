from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _sync_roles(sender: AppConfig, **kwargs: Any) -> None:
    from homecare.accounts.roles import sync_roles

    sync_roles()


class AccountsConfig(AppConfig):
    name = "homecare.accounts"
    label = "accounts"

    def ready(self) -> None:
        # Groups are a catalogue in code (roles.py); like Django's own permissions they follow each migrate.
        post_migrate.connect(_sync_roles, sender=self)
