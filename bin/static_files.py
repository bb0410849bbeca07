"""Gathers style sheets and scripts under names that carry their hash, when one of them changed since last time."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
CODE = ("homecare/settings.py", "homecare/static_finder.py", "homecare/static_storage.py")
PACKAGES = ("package-lock.json", "requirements.txt")


def fingerprint() -> str:
    sources = [ROOT / name for name in (*CODE, *PACKAGES)]
    for folder in (ROOT / "static", *ROOT.glob("*/static"), *ROOT.glob("homecare/*/static")):
        if VAR not in folder.parents:
            sources += sorted(path for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in sources:
        digest.update(f"{path} {path.stat().st_size}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def main() -> int:
    target = Path(os.environ.get("STATIC_ROOT", VAR / "static"))
    stamp = VAR / "static.stamp"
    current = f"{target} {fingerprint()}"
    if (target / "staticfiles.json").exists() and stamp.exists() and stamp.read_text() == current:
        return 0
    print("static: gathering the static files", flush=True)
    command = [sys.executable, ROOT / "manage.py", "collectstatic", "--noinput", "--clear", "--ignore", "*.map"]
    done = subprocess.run([*command, "--verbosity", "0"], cwd=ROOT, env=os.environ | {"DEBUG": "false"}, check=False)
    if done.returncode == 0:
        stamp.write_text(current)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
