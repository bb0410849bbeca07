from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """One address of the product: where, its name, the code behind it and who may."""

    path: str
    name: str
    view: str
    permission: str


def routes(resolver: Any = None, prefix: str = "/", namespace: str = "") -> Iterator[Route]:
    """Every address under a resolver, in the order Django tries them."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = ":".join(part for part in (namespace, pattern.namespace or "") if part)
            yield from routes(pattern, path, inner)
        elif isinstance(pattern, URLPattern):
            name = ":".join(part for part in (namespace, pattern.name or "") if part)
            yield Route(path, name, _view(pattern.callback), permission_of(pattern.callback))


def _view(callback: Any) -> str:
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback
    return f"{view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}"


def permission_of(callback: Any) -> str:
    """The permission a page declares, those of an endpoint's actions, or '' where the view declares none of ours."""
    viewset = getattr(callback, "cls", None)
    if viewset is not None and hasattr(viewset, "permissions"):
        acts = getattr(callback, "actions", None) or {"get": "get"}
        return ", ".join(f"{act}={viewset.permissions.get(act) or 'signed in'}" for act in sorted(set(acts.values())))
    page = getattr(callback, "view_class", None)
    if page is None or not hasattr(page, "permission"):
        return "public" if getattr(page, "is_public", False) else ""
    wanted = page.permission
    if wanted is None:
        return "signed in"
    return wanted if isinstance(wanted, str) else " or ".join(wanted)


class Command(BaseCommand):
    help = "Prints every address of the product: path, name, view, permission."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON, for tools")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(routes())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(route) for route in found], indent=1))
            return
        for route in found:
            self.stdout.write(f"{route.path:<60} {route.name:<36} {route.permission:<36} {route.view}")
        self.stdout.write(f"{len(found)} addresses")
