"""Icons drawn inline from the outline set of @tabler/icons, so that they follow the text colour and need no request."""

from __future__ import annotations

import re
from functools import lru_cache

from homecare.static_finder import NODE_MODULES

OUTLINE = NODE_MODULES / "@tabler" / "icons" / "icons" / "outline"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SHAPES = re.compile(r"<(?:path|circle|rect|line|polyline)\b[^>]*/>")
_EMPTY_FRAME = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


class UnknownIcon(ValueError):
    """A template names an icon that the set does not have."""


@lru_cache(maxsize=512)
def shapes(name: str) -> str:
    """The shapes inside the icon's 24×24 frame; raises UnknownIcon."""
    file = OUTLINE / f"{name}.svg"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise UnknownIcon(f"There is no icon “{name}” in @tabler/icons (outline).")
    found: list[str] = _SHAPES.findall(file.read_text(encoding="utf-8"))
    return "".join(shape for shape in found if shape != _EMPTY_FRAME)
