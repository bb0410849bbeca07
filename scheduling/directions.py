"""A place as an address that every phone's map opens. Pure."""

from __future__ import annotations

from urllib.parse import quote


def geo_uri(place: tuple[float, float] | None, label: str) -> str:
    """RFC 5870 `geo:` with the label that map apps show; the written address alone when the place is unknown."""
    if place is None:
        return f"geo:0,0?q={quote(label)}" if label else ""
    latitude, longitude = place
    return f"geo:{latitude:.6f},{longitude:.6f}?q={latitude:.6f},{longitude:.6f}({quote(label)})"
