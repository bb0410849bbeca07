"""manage.py import_referrals PATH… : FHIR bundles from files and folders, each told with its outcome."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clients.services.referral import REFUSED, ImportResult, import_bundle
from homecare.accounts.models import User


class Command(BaseCommand):
    help = "Reads FHIR R4 bundles (files, or all *.json of folders) into referrals. Exit code 1 when one was refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")

    def handle(self, *args: Any, **options: Any) -> None:
        files = [file for path in options["paths"] for file in self._files(path)]
        if not files:
            raise CommandError("There is no *.json file under these paths.")
        by, counts = User.system(), Counter[str]()
        for number, file in enumerate(files, start=1):
            result = self._import(file, by)
            counts[result.outcome] += 1
            self.stdout.write(f"[{number}/{len(files)}] {file.name}: {result.outcome}")
            for problem in result.problems:
                self.stdout.write(f"    {problem}")
        self.stdout.write(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
        if counts[REFUSED]:
            raise CommandError(f"{counts[REFUSED]} of {len(files)} files were refused; the reasons stand above.")

    def _files(self, path: Path) -> list[Path]:
        if path.is_dir():
            return sorted(file for file in path.rglob("*.json") if file.is_file())
        if path.is_file():
            return [path]
        raise CommandError(f"There is no file or folder {path}.")

    def _import(self, file: Path, by: User) -> ImportResult:
        size = file.stat().st_size
        try:
            # One byte more than is allowed is enough to be told why it is refused.
            with file.open("rb") as opened:
                raw = opened.read(settings.REFERRAL_MAX_BYTES + 1) if size else b""
        except OSError as error:
            return ImportResult(None, REFUSED, [f"The file cannot be read: {error.strerror}."])
        return import_bundle(raw, file.name, by=by)
