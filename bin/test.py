"""Runs every check of the product, one after the other, and says at the end which failed; see bin/test.

The tests get their own PostgreSQL and Valkey, thrown away afterwards, unless DATABASE_URL and REDIS_URL name others.
"""

import fcntl
import os
import secrets
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")
PYTEST = [PYTHON, "-m", "pytest", "--color=yes" if sys.stdout.isatty() else "--color=no"]
MANAGE = [PYTHON, "manage.py"]
# As an installation would be configured, so that `check --deploy` judges what operators get.
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "SITE_URL": "https://care.example.org",
    "ALLOWED_HOSTS": "care.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://care.example.org",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "TRUST_PROXY": "true",
}
# What a developer's .env may say must not decide whether tests pass.
PLAIN = {"DEBUG": "false", "SITE_URL": "http://localhost:8000", "EMAIL_URL": "consolemail://", "TRUST_PROXY": "false"}


@dataclass
class Step:
    name: str
    command: list[str]
    env: dict[str, str]
    code: int = 0
    seconds: float = 0.0
    verdict: str = ""  # the last line the program wrote: pytest's own summary

    def run(self) -> None:
        print(f"\n==> {self.name}", flush=True)
        started = time.monotonic()
        last: deque[str] = deque(maxlen=1)
        with subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=os.environ | self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                if line.strip():
                    last.append(line.strip())
        self.code = process.returncode
        self.seconds = time.monotonic() - started
        self.verdict = last[0] if last else ""


def check_steps() -> list[Step]:
    return [
        Step("ruff check", [str(BIN / "ruff"), "check", "."], {}),
        Step("ruff format", [str(BIN / "ruff"), "format", "--check", "."], {}),
        Step("mypy", [PYTHON, "-m", "mypy"], PLAIN),
        Step("migrations are complete", [*MANAGE, "makemigrations", "--check", "--dry-run"], PLAIN),
        Step("settings are fit for deployment", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
        Step("static files can be gathered", [PYTHON, "bin/static_files.py"], PLAIN),
        Step("tests", [*PYTEST, "-q", "-n", "2", "--ignore=tests/browser"], PLAIN),
        Step("tests in the browser", [*PYTEST, "-q", "tests/browser"], PLAIN),
    ]


def summarise(steps: list[Step]) -> None:
    """The last lines are pytest's own, so that a reader of the log's end knows how many tests ran."""
    print("\n==> summary")
    for step in steps:
        print(f"{'ok    ' if step.code == 0 else 'FAILED'} {step.seconds:7.1f} s  {step.name}")
    for step in steps:
        if "pytest" in step.command:
            print(step.verdict)


def use_services() -> None:
    subprocess.run([ROOT / "bin/services", "--throwaway", "start"], check=True)
    text = subprocess.run(
        [ROOT / "bin/services", "--throwaway", "env"], check=True, capture_output=True, text=True
    ).stdout
    for line in text.splitlines():
        key, _, value = line.removeprefix("export ").partition("=")
        os.environ[key] = value.strip("'")


def on_signal(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "test.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("test: another bin/test is running in this checkout; wait for it to end.", file=sys.stderr)
            return 1
        signal.signal(signal.SIGTERM, on_signal)
        steps = [Step("tests", [*PYTEST, *sys.argv[1:]], PLAIN)] if sys.argv[1:] else check_steps()
        done = []
        try:
            use_services()
            for step in steps:
                done.append(step)
                step.run()
        except KeyboardInterrupt:
            print("\ntest: interrupted", file=sys.stderr)
            return 130
        finally:
            subprocess.run([ROOT / "bin/services", "--throwaway", "stop"], check=False, stdout=subprocess.DEVNULL)
        summarise(done)
    return 1 if any(step.code for step in done) else 0


if __name__ == "__main__":
    sys.exit(main())
