"""`manage.py reseal`: after SECRET_KEY was replaced, seals the seeds of fixed devices under the present one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from scheduling.services.fixed_device import reseal_devices


class Command(BaseCommand):
    help = "Seals secrets under the present SECRET_KEY; afterwards the former one can leave SECRET_KEY_FALLBACKS."

    def handle(self, *args: Any, **options: Any) -> None:
        done, unreadable = reseal_devices()
        self.stdout.write(f"{done} sealed under the present key.")
        for serial in unreadable:
            self.stderr.write(f"Device {serial}: its seed cannot be read. Remove the device and register it anew.")
