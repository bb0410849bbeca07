from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChildQuerySet
from homecare.errors import CONSTRAINT_SENTENCES
from homecare.sealed import Unreadable, unseal


class FixedDeviceQuerySet(ClientChildQuerySet):
    def installed(self) -> FixedDeviceQuerySet:
        return self.filter(removed_on=None)


class FixedDevice(models.Model):
    """A device at one client's address that shows a new code each minute (fixed visit verification, STANDARDS 1.2).

    `sealed_secret` is the seed it shares with us, sealed under a key that is not in the database (homecare/sealed.py).
    It leaves the installation on no page, export or interface."""

    SEALED_FOR = "fixed_device"

    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="fixed_devices")
    address = models.ForeignKey("clients.Address", on_delete=models.PROTECT, related_name="+", db_index=False)
    serial = models.CharField(max_length=40)
    sealed_secret = models.CharField(max_length=400, editable=False)
    installed_on = models.DateField()
    removed_on = models.DateField(null=True, blank=True)
    registered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = FixedDeviceQuerySet.as_manager()

    class Meta:
        ordering = ["-installed_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                Upper("serial"),
                condition=models.Q(removed_on=None),
                name="fixed_device_in_one_home",
                violation_error_message=_("This device stands at another address. Remove it there first."),
            ),
            models.CheckConstraint(
                condition=models.Q(removed_on=None) | models.Q(removed_on__gte=models.F("installed_on")),
                name="fixed_device_removed_after_installed",
                violation_error_message=_("The device was removed before it was installed."),
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def secret(self) -> str:
        """The seed. Raises sealed.Unreadable when the key was replaced and the former one is not known."""
        return unseal(self.sealed_secret, self.SEALED_FOR)

    @property
    def is_readable(self) -> bool:
        try:
            return bool(self.secret)
        except Unreadable:
            return False

    def stood_there_on(self, day: dt.date) -> bool:
        return self.installed_on <= day and (self.removed_on is None or day <= self.removed_on)


CONSTRAINT_SENTENCES["fixed_device_in_one_home"] = "This device stands at another address. Remove it there first."
CONSTRAINT_SENTENCES["device_code_once"] = "This code was used already. Each code counts once."
