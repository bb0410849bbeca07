"""A listener on this machine that keeps what it is told and answers as it is told to."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from homecare.webhooks.services.endpoint import create_endpoint
from scheduling.webhook_events import SCHEDULE_KINDS, VISIT_KINDS


@dataclass
class Listener:
    """`answers`: the codes of the next answers, then 204 for ever; `drips` seconds between bytes of an answer."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    drips: float = 0.0


@pytest.fixture
def listener(settings):
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    kept = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            code = kept.answers.pop(0) if kept.answers else 204
            self.send_response(code)
            if code in (301, 302):
                self.send_header("Location", kept.url + "/elsewhere")
            self.end_headers()
            if kept.drips:
                try:
                    for _ in range(100):
                        self.wfile.write(b".")
                        time.sleep(kept.drips)
                except OSError:
                    return

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def endpoint(listener, manager):
    kinds = [*VISIT_KINDS, *SCHEDULE_KINDS]
    row, secret = create_endpoint(name="Canary", url=listener.url, kinds=kinds, branch=None, by=manager)
    row.secret = secret
    return row
