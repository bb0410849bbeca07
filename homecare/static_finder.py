"""Which files of the front-end packages the product serves: a whitelist, one static URL name per file.

Whole package folders are never served: they hold third-party libraries, licences and broken references we did not
choose. A missing file is a system check error that says how to install it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage
from django.utils._os import safe_join

NODE_MODULES = Path(settings.BASE_DIR) / "node_modules"

FILES: dict[str, str] = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "vendor/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/signature_pad.min.js": "signature_pad/dist/signature_pad.min.js",
}


class PackageStorage(FileSystemStorage):
    """Reads the whitelisted files under their static names."""

    def __init__(self) -> None:
        super().__init__(location=str(NODE_MODULES), base_url=None)
        self.prefix = ""  # collectstatic asks for it

    def path(self, name: str) -> str:
        return safe_join(str(NODE_MODULES), FILES[name])


class NpmFinder(BaseFinder):
    """Finds exactly the files of FILES."""

    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        self.storage = PackageStorage()
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [source for source in FILES.values() if not (NODE_MODULES / source).is_file()]
        if not missing:
            return []
        return [
            Error(
                f"Front-end packages are missing: {', '.join(missing)}.",
                hint="Run bin/setup, which installs what package-lock.json names.",
                id="homecare.E001",
            )
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        find_all = find_all or kwargs.get("all", False)
        found = [str(NODE_MODULES / FILES[path])] if path in FILES and (NODE_MODULES / FILES[path]).is_file() else []
        if find_all:
            return found
        return found[0] if found else []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, PackageStorage]]:
        for name, source in FILES.items():
            if (NODE_MODULES / source).is_file():
                yield name, self.storage
