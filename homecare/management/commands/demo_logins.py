from typing import Any

from django.core.management.base import BaseCommand

from homecare.accounts.models import User
from homecare.demo.agency import LOGINS, email_of
from homecare.demo.words import PASSWORD


class Command(BaseCommand):
    help = "Prints one demo log-in per role, when this is the demo agency."

    def handle(self, *args: Any, **options: Any) -> None:
        there = set(User.objects.filter(email__in=[email_of(row[1]) for row in LOGINS]).values_list("email", flat=True))
        for role, name, _first, _last in LOGINS:
            if email_of(name) in there:
                self.stdout.write(f"  {role.label:20} {email_of(name):40} {PASSWORD}")
