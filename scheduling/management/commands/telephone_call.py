"""`manage.py telephone_call --from 617-555-0101`: a call without a provider, key by key, for trying and training.

Everything counts: use it on a test installation. Keys come from the terminal, or one step per line from a pipe.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import BaseCommand

from scheduling.services.telephony import Reply, take_step

PROVIDER = "terminal"


class Command(BaseCommand):
    help = "Plays a telephone call: what is said is printed, what is keyed is read. It clocks for real."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--from", dest="number", default="", help="the number that calls")

    def handle(self, *args: Any, number: str, **options: Any) -> None:
        call_id = str(uuid.uuid4())
        reply = take_step(PROVIDER, call_id, number, 0, "")
        self._say(reply)
        while reply.digits is not None:
            try:
                keyed = input("> ").strip().rstrip("#")
            except EOFError:
                self.stdout.write("(hung up)")
                return
            reply = take_step(PROVIDER, call_id, number, reply.step, keyed)
            self._say(reply)

    def _say(self, reply: Reply) -> None:
        for language, sentence in reply.spoken:
            self.stdout.write(f"[{language}] {sentence}")
