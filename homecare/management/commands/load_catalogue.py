from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from careplans import catalogue as careplans_catalogue
from scheduling import catalogue as scheduling_catalogue
from staff import catalogue as staff_catalogue


class Command(BaseCommand):
    help = "Loads or updates the reference data every agency starts with: roles, services, instruments, plan templates."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for catalogue in (staff_catalogue, careplans_catalogue, scheduling_catalogue):
            catalogue.load()
        self.stdout.write("The catalogue is up to date.")
