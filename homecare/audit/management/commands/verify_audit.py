from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from homecare.accounts.models import Branch
from homecare.audit.models import Event, Seal
from homecare.audit.services.seal import seal_branches, verify_branch


class Command(BaseCommand):
    help = "Checks every seal of the audit trail; names the first broken one of each chain and ends with 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seal", action="store_true", help="seal what has settled before checking")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["seal"]:
            self.stdout.write(f"{seal_branches()} new seals")
        broken = 0
        chains: list[tuple[int | None, str]] = [(None, "no branch"), *Branch.objects.values_list("pk", "name")]
        for branch_id, name in chains:
            found = verify_branch(branch_id)
            seals = Seal.objects.filter(branch=branch_id)
            if found is None:
                self.stdout.write(f"{name}: {seals.count()} seals hold")
                continue
            broken += 1
            about = f"seal {found.seal.pk} of {found.seal.sealed_at:%Y-%m-%d %H:%M} UTC"
            span = f"events {found.seal.first_event_id}–{found.seal.last_event_id}"
            self.stderr.write(f"{name}: {about} ({span}) is broken: {found.reason}")
        last = Seal.objects.order_by("-last_event_id").values_list("last_event_id", flat=True).first() or 0
        self.stdout.write(f"{Event.objects.filter(pk__gt=last).count()} events wait for their seal")
        if broken:
            raise CommandError(f"{broken} chain(s) broken. Restore the trail from a backup and find out who wrote.")
