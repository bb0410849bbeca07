"""The .env file of an installation, read with the standard library alone."""

import os
from pathlib import Path


def read_env_file(path: Path) -> None:
    """Puts KEY=VALUE lines into the environment; what is set there already wins, as in homecare/settings.py."""
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            os.environ.setdefault(key.removeprefix("export ").strip(), value.strip().strip("'\""))
