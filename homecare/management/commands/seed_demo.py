import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from homecare.demo.build import SIZES, build, is_empty


class Command(BaseCommand):
    help = "Builds the made-up demo agency, the same each time and relative to today."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--size", choices=sorted(SIZES), default="demo", help="tiny is for tests, large for measuring"
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing, quietly, when there is an agency already"
        )
        parser.add_argument("--referrals", type=Path, help="a folder of FHIR bundles to put at the front desk")

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_empty():
            if options["if_empty"]:
                return
            raise CommandError("There is an agency in this database already. Start from an empty one (bin/up --reset).")
        started = time.monotonic()

        def report(text: str) -> None:
            self.stdout.write(f"{time.monotonic() - started:6.1f} s  {text}")
            self.stdout.flush()

        with transaction.atomic():
            build(options["size"], report, options["referrals"])
        report("The demo agency is ready")
        if not options["if_empty"]:  # bin/up prints them when everything runs
            call_command("demo_logins", stdout=self.stdout)
