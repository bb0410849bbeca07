"""Where the embedded servers keep their data, as whom they run, and on which ports."""

import importlib.util
import os
import pwd
import random
import secrets
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SERVICE_USER = "homecare-services"
SHARED_HOME = Path("/var/lib/homecare")  # only when root's checkout lies where the service user may not go
PORTS = range(20000, 30000)  # below Linux' range for outgoing connections, so a port stays ours between starts


class ServiceError(Exception):
    """A service could not be started or stopped; the text says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The system user a server runs as. PostgreSQL refuses to run as root."""

    uid: int
    gid: int
    switch: bool  # we are root and must become this user

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess that run a program as this user, outside of the caller's directory."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        common: dict[str, Any] = {"cwd": "/", "env": clean}
        if self.switch:
            common |= {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}
        return common

    def may_enter(self, path: Path) -> bool:
        return not self.switch or subprocess.run(["test", "-x", path], check=False, **self.popen).returncode == 0


def service_account() -> Account:
    """Ourselves; as root a system user made for the purpose, or `nobody` where none can be made."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    try:
        entry = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        try:
            subprocess.run(
                ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
                 "--shell", "/usr/sbin/nologin", SERVICE_USER],
                check=True, capture_output=True,
            )  # fmt: skip
            print(f"services: made the system user {SERVICE_USER}, because PostgreSQL does not run as root")
            entry = pwd.getpwnam(SERVICE_USER)
        except (OSError, subprocess.CalledProcessError):
            entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class State:
    """The directory of one pair of servers: addresses, data, programs."""

    def __init__(self, var: Path, *, throwaway: bool = False) -> None:
        self.throwaway = throwaway
        self.path = var / "throwaway" if throwaway else var
        self.path.mkdir(parents=True, exist_ok=True)
        self.env_file = self.path / "services.env"
        self.addresses = self._read_addresses()

    def _read_addresses(self) -> dict[str, str]:
        if not self.env_file.exists():
            return {}
        try:
            lines = self.env_file.read_text().splitlines()
        except PermissionError:
            owner = pwd.getpwuid(self.env_file.stat().st_uid).pw_name
            raise SystemExit(
                f"services: {self.env_file} belongs to {owner}, who set this checkout up. "
                f"Run as {owner}, or remove {self.path} to begin anew."
            ) from None
        return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    def save_address(self, key: str, url: str) -> None:
        self.addresses[key] = url
        text = "# Written by bin/services; read by homecare/settings.py.\n"
        text += "".join(f"{name}={value}\n" for name, value in sorted(self.addresses.items()))
        temporary = self.env_file.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        if os.geteuid() == 0:  # root helping out in a user's checkout must not lock the user out
            os.chown(temporary, self.path.stat().st_uid, self.path.stat().st_gid)
        temporary.replace(self.env_file)

    def port(self, key: str) -> int | None:
        return urlsplit(self.addresses[key]).port if key in self.addresses else None

    def password(self, key: str) -> str | None:
        return urlsplit(self.addresses[key]).password if key in self.addresses else None

    def choose_port(self, key: str) -> int:
        """The port used last time when it is still free, else another."""
        known = self.port(key)
        if known and port_is_free(known):
            return known
        for port in random.sample(PORTS, 200):
            if port_is_free(port):
                return port
        raise ServiceError("no free TCP port between 20000 and 30000 on 127.0.0.1.")

    def home(self, name: str, account: Account) -> Path:
        """The directory of one server, owned by its user. Where that user may not pass through the checkout
        (a clone under /root or a private temporary directory) var/<name> is a link to a place it may."""
        link = self.path / name
        if link.is_symlink() and not link.exists():
            link.unlink()
        if not link.exists():
            if account.may_enter(self.path):
                link.mkdir(mode=0o700)
            else:
                SHARED_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
                target = SHARED_HOME / f"{name}-{secrets.token_hex(6)}"
                target.mkdir(mode=0o700)
                link.symlink_to(target)
            if account.switch:
                os.chown(link, account.uid, account.gid)
        home = link.resolve()
        if not account.may_enter(home):
            raise ServiceError(
                f"the user who runs the server may not enter {home}; did the checkout move or its "
                f"permissions change? Run `chmod o+x` on its parent directories, or remove {link} (with its data)."
            )
        return home

    def owner(self, name: str) -> Account:
        """Who runs this server: the owner of its data, else the account for new data."""
        link = self.path / name
        if not link.exists():
            return service_account()
        entry = link.stat()
        if os.geteuid() == 0:
            if entry.st_uid == 0:
                raise ServiceError(f"{link} belongs to root, whom PostgreSQL refuses. Remove it or change its owner.")
            return Account(entry.st_uid, entry.st_gid, switch=True)
        if entry.st_uid != os.geteuid():
            owner = pwd.getpwuid(entry.st_uid).pw_name
            raise ServiceError(
                f"{link} belongs to {owner}: this checkout was set up by root. Run as root, or remove {self.path}."
            )
        return service_account()

    def program(self, package: str, folder: str, name: str, account: Account) -> Path:
        """A server program out of an installed package; copied where its user can reach it when it can't."""
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise ServiceError(f"the Python package {package} is missing. Run bin/setup.")
        site = Path(spec.origin).parent.parent
        if account.may_enter(site / package / folder / name):
            return site / package / folder / name
        copy = self.home("programs", account)
        original = (site / package / folder / name).stat()
        fingerprint = f"{original.st_mtime_ns} {original.st_size}"
        stamp = copy / f"{package}.stamp"
        if not stamp.exists() or stamp.read_text() != fingerprint:
            for part in (package, f"{package}.libs"):  # the programs find their libraries in the second
                shutil.rmtree(copy / part, ignore_errors=True)
                if (site / part).exists():
                    shutil.copytree(site / part, copy / part, symlinks=True)
            stamp.write_text(fingerprint)
            subprocess.run(["chown", "-R", f"{account.uid}:{account.gid}", copy], check=True)
        return copy / package / folder / name

    def delete(self) -> None:
        """Forgets a throwaway pair, data and all."""
        for entry in self.path.iterdir():
            if entry.is_symlink() and entry.resolve().parent == SHARED_HOME:
                shutil.rmtree(entry.resolve())
        shutil.rmtree(self.path)
