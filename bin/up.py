"""Runs the whole product on this machine and stops it again with Ctrl-C.

Sets up what is missing, starts the embedded PostgreSQL and Valkey (unless DATABASE_URL and REDIS_URL name others),
migrates, loads the demo agency into an empty database, then runs web, worker and beat as the Procfile says.
Prints the address and a demo log-in per role when the product answers. What dies is started again.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bin"))

from embedded.environment import read_env_file  # noqa: E402  (the standard library alone, like this file)

VAR = ROOT / "var"
PYTHON = ROOT / ".venv" / "bin" / "python"
SERVICES_ARE_OURS = VAR / "services-started-by-up"
MARK = f"HOMECARE_UP={ROOT}"  # in the environment of every process we start, to find them after a kill -9
STARTS_ALLOWED = 3  # failures within a minute before we give up


class Stop(Exception):
    """Ctrl-C or SIGTERM."""


class UpError(Exception):
    """Why the product can't run, and what to do."""


def say(text: str) -> None:
    print(f"up: {text}", flush=True)


def on_signal(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stop


def take_lock(port: int) -> int:
    """One copy per checkout. The lock goes with the process, however it ends."""
    lock = os.open(VAR / "up.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = os.read(lock, 200).decode().strip() or "another process"
        raise UpError(f"already running here ({who}). Stop it first with Ctrl-C, or use that one.") from None
    os.ftruncate(lock, 0)
    os.write(lock, f"process {os.getpid()}, http://localhost:{port}/\n".encode())
    return lock


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("HOST", "127.0.0.1"), port))
        except OSError as error:
            raise UpError(
                f"port {port} can't be used: {error.strerror}. Take another one, e.g. bin/up --port {port + 1}"
            ) from None


def marked_processes() -> dict[int, int]:
    """Web, worker and beat processes of this checkout with their parents, also those orphaned by a killed bin/up."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if MARK.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # ended meanwhile, or not ours to look at
    return found


def end_marked(patience: float) -> None:
    """Asks the topmost processes, which end their own children in good order; kills what is left after that."""
    marked = marked_processes()
    for pid in [pid for pid, parent in marked.items() if parent not in marked]:
        send(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while (marked := marked_processes()) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in marked:
        send(pid, signal.SIGKILL)


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # it ended by itself


def run(*command: str | Path, quiet: bool = False) -> None:
    output = subprocess.DEVNULL if quiet else None
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False, stdout=output)
    if done.returncode != 0:
        words = " ".join(str(part).removeprefix(f"{ROOT}/") for part in command)
        raise UpError(f"`{words}` failed; the lines above say why.")


def services_answer() -> bool:
    return subprocess.run([ROOT / "bin/services", "status"], check=False, stdout=subprocess.DEVNULL).returncode == 0


def start_services() -> None:
    if not services_answer():
        SERVICES_ARE_OURS.touch()
    # In a session of its own and always to its end: a start broken off by Ctrl-C would leave servers nobody stops.
    starting = subprocess.Popen([ROOT / "bin/services", "start"], cwd=ROOT, start_new_session=True)
    try:
        code = starting.wait()
    except Stop:
        starting.wait()
        raise
    if code != 0:
        raise UpError("the services could not be started; the lines above say why.")


def stop_services() -> None:
    """Only those that a bin/up of this checkout started; a pair started by hand stays."""
    if SERVICES_ARE_OURS.exists():
        subprocess.run([ROOT / "bin/services", "stop"], check=False)
        SERVICES_ARE_OURS.unlink()


def confirm_reset(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UpError("--reset deletes every record. Without a terminal to ask on, say --reset --yes.")
    print("up: --reset deletes every record and document of this installation. Type `delete` to go on: ", end="")
    if input().strip() != "delete":
        raise UpError("nothing was deleted.")


def die_with_parent() -> None:
    """Asks Linux to end the Procfile runner when bin/up itself is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def start_processes(port: int) -> subprocess.Popen[bytes]:
    env = os.environ | {"PATH": f"{PYTHON.parent}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    env |= dict([MARK.split("=", 1)])
    command = [PYTHON, "-m", "honcho", "start", "--env", os.devnull, "--procfile", "Procfile", "--port", str(port)]
    linux = sys.platform == "linux"
    return subprocess.Popen(
        command, cwd=ROOT, env=env, start_new_session=True, preexec_fn=die_with_parent if linux else None
    )


def answers(port: int) -> bool:
    """Any answer below 500 counts: an installation may admit other host names than localhost alone."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def wait_until_ready(port: int, processes: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while not answers(port):
        if processes.poll() is not None:
            raise UpError("the processes ended before the product answered; the lines above say why.")
        if time.monotonic() > deadline:
            raise UpError("the product did not answer within 90 seconds; the lines above may say why.")
        time.sleep(0.2)


def watch(port: int, processes: subprocess.Popen[bytes]) -> None:
    """Brings back what dies: a process of the Procfile, PostgreSQL or Valkey."""
    restarts: list[float] = []
    while True:
        try:
            processes.wait(5)
        except subprocess.TimeoutExpired:
            if not services_answer():
                say("a service stopped answering, starting it again")
                start_services()
            continue
        restarts = [moment for moment in restarts if time.monotonic() - moment < 60] + [time.monotonic()]
        if len(restarts) > STARTS_ALLOWED:
            raise UpError("the processes keep ending; the lines above say why.")
        say("a process ended, starting all of them again")
        end_marked(patience=10)
        processes = start_processes(port)


def prepare(options: argparse.Namespace) -> None:
    run(ROOT / "bin/setup")
    start_services()
    if options.reset:
        run(PYTHON, ROOT / "bin/reset.py")
        say("the old records are gone")
    run(PYTHON, ROOT / "bin/static_files.py")
    say("bringing the database up to date")
    run(PYTHON, ROOT / "bin/prepare_database.py", *(["--no-demo"] if options.no_demo else []))


def serve(options: argparse.Namespace) -> None:
    prepare(options)
    processes = start_processes(options.port)
    wait_until_ready(options.port, processes)
    say(f"ready at {os.environ['SITE_URL']}/ - Ctrl-C stops it")
    if not options.no_demo:
        run(PYTHON, ROOT / "manage.py", "demo_logins")
    watch(options.port, processes)


def port_number(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; take a number from 1 to 65535")
    return int(text)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bin/up", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT", "8000"), help="default 8000")
    parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")
    parser.add_argument("--reset", action="store_true", help="delete every record and document first (asks)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args()
    VAR.mkdir(exist_ok=True)
    read_env_file(ROOT / ".env")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling everything anew costs each process seconds
    os.environ.setdefault("SITE_URL", f"http://localhost:{options.port}")
    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    try:
        lock = take_lock(options.port)  # held until we end
    except UpError as error:
        print(f"up: {error}", file=sys.stderr)
        return 1
    code = 0
    try:
        end_marked(patience=5)
        check_port(options.port)
        if options.reset:
            confirm_reset(options.yes)
        serve(options)
    except Stop:
        print(flush=True)
        say("stopping")
    except UpError as error:
        print(f"up: {error}", file=sys.stderr)
        code = 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_marked(patience=15)
        stop_services()
        os.close(lock)
    return code


if __name__ == "__main__":
    sys.exit(main())
