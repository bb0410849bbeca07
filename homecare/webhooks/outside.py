"""One POST to an address a person typed, which must not become a way into our own network (SSRF).

https only, no credentials in the address; every address the name resolves to must be a public one; the connection goes
to the very address that was checked; redirects are not followed; connect, answer and size are limited. With
`WEBHOOKS_ALLOW_LOOPBACK` (development, tests) http and https to this machine are allowed too, and nothing else.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

CONNECT_SECONDS, WHOLE_SECONDS = 5, 10
LONGEST_ANSWER = 4096
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """An address we do not talk to; the text is a sentence for the person who typed it."""


class Unreachable(Exception):
    """Nobody answered in time or the connection broke; the text is the name of what happened."""


@dataclass(frozen=True)
class Target:
    """An address that was checked: the connection goes to `ip`, TLS and Host name `host`."""

    host: str
    port: int
    path: str
    ip: str
    is_tls: bool


def _inner(ip: Address) -> Address:
    """The IPv4 address inside one of IPv6's envelopes, else the address itself."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip
    return ip


def is_public(address: str) -> bool:
    """Whether packets to it leave for the open internet: not private, loopback, link-local, metadata, multicast."""
    ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_loopback(address: str) -> bool:
    return _inner(ipaddress.ip_address(address.partition("%")[0])).is_loopback


def check_shape(url: str) -> tuple[str, int, str, bool]:
    """(host, port, path, is_tls) of an address that may be asked, before its name is resolved. Raises Refused."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise Refused(_("This is not a web address.")) from error
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.WEBHOOKS_ALLOW_LOOPBACK):
        raise Refused(_("The address begins with https://."))
    if not host or not url.isascii() or any(char.isspace() or ord(char) < 32 for char in url):
        raise Refused(_("This is not a web address."))
    if parts.username is not None or parts.password is not None:
        raise Refused(_("Leave user name and password out of the address; messages are signed."))
    is_tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, port or (443 if is_tls else 80), path, is_tls


def resolve(url: str) -> Target:
    """Checks the address and every number its name stands for. Raises Refused, or Unreachable for an unknown name."""
    host, port, path, is_tls = check_shape(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("NameUnknown") from error
    addresses = [str(row[4][0]) for row in found]
    if settings.WEBHOOKS_ALLOW_LOOPBACK and all(is_loopback(one) for one in addresses):
        return Target(host, port, path, addresses[0], is_tls)
    if not is_tls or not all(is_public(one) for one in addresses):
        raise Refused(_("This address leads into a private network. Only public addresses are told."))
    return Target(host, port, path, addresses[0], is_tls)


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever the name resolves to by now."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_SECONDS)
        self.target = target

    def connect(self) -> None:
        self.sock = socket.create_connection((self.target.ip, self.target.port), CONNECT_SECONDS)
        if self.target.is_tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.target.host)


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """Ends a conversation that drips: whoever waits for the next byte gets an error."""
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended meanwhile


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Sends it and returns the status; the answer's text is read up to a limit and thrown away.

    Raises Refused for an address we do not talk to, Unreachable when there was no answer.
    """
    connection = _Pinned(resolve(url))
    watch = threading.Timer(WHOLE_SECONDS, _hang_up, [connection])
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", connection.target.path, body, {**headers, "Connection": "close"})
        answer = connection.getresponse()
        answer.read(LONGEST_ANSWER)
        return answer.status
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(type(error).__name__) from error
    finally:
        watch.cancel()
        connection.close()
