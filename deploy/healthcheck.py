"""Asks the web process of this container whether it lives; exit code 0 means yes. Needs nothing but Python."""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

host = urlsplit(os.environ.get("SITE_URL", "")).netloc or "localhost"  # the one name ALLOWED_HOSTS surely holds
request = urllib.request.Request(f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz", headers={"Host": host})
try:
    urllib.request.urlopen(request, timeout=4).close()  # noqa: S310  (our own address)
except OSError as error:
    sys.exit(f"healthcheck: {error}")
