"""How gunicorn serves the product: processes by WEB_CONCURRENCY, each with WEB_THREADS threads.

Slow clients are the proxy's business (deploy/nginx.conf buffers them); gunicorn alone falls to a handful.
"""

import os
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))

timeout = 60  # seconds a worker may be silent before it is replaced; long work belongs to jobs
graceful_timeout = 10
keepalive = 75  # longer than the proxy keeps its connections, so that it never writes into a closed one
max_requests = 5000  # a slow leak never gets old
max_requests_jitter = 500
preload_app = True  # one start of Django, memory shared between the workers
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  (a disk may stall the heartbeat)
control_socket_disable = True

limit_request_line = 4094
limit_request_fields = 60
# Only Django decides whether a request came over TLS (TRUST_PROXY); gunicorn believes no header.
secure_scheme_headers: dict[str, str] = {}

# No access log here: paths carry ids and signed links. homecare.observability logs each request by the name of its
# route, without path and query string.
accesslog = None
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "info").lower()


def when_ready(server: Any) -> None:
    from homecare.memory import settle  # only now: Django is set up by the application loaded before

    settle()
