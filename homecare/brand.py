"""The agency's colour on every page, kept readable: darkened on white and lightened on dark until WCAG's 4.5:1 holds.

A strict content security policy forbids style attributes, so the colour arrives as a small style sheet of its own.
"""

from __future__ import annotations

import hashlib
import re

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control

from homecare.accounts.models import Agency

READABLE = 4.5  # WCAG 2.2, 1.4.3 contrast (minimum)
ON_LIGHT, ON_DARK = (255, 255, 255), (24, 36, 51)  # Tabler's card backgrounds
FALLBACK = "#1a6b54"

Rgb = tuple[int, int, int]


def rgb(colour: str) -> Rgb:
    """#1a6b54 → (26, 107, 84); anything else gives the product's own colour."""
    text = colour if re.fullmatch(r"#[0-9a-fA-F]{6}", colour or "") else FALLBACK
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def luminance(colour: Rgb) -> float:
    """Relative luminance as WCAG 2.2 defines it."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """1 (same) to 21 (black on white)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _mix(colour: Rgb, towards: int, share: float) -> Rgb:
    red, green, blue = (round(channel + (towards - channel) * share) for channel in colour)
    return red, green, blue


def readable_on(background: Rgb, colour: Rgb, least: float = READABLE) -> Rgb:
    """The nearest shade of the colour that can be read on the background."""
    towards = 0 if luminance(background) > 0.4 else 255
    for step in range(21):
        shade = _mix(colour, towards, step / 20)
        if contrast(shade, background) >= least:
            return shade
    return _mix(colour, towards, 1)


def version(colour: str) -> str:
    return hashlib.sha256(style_sheet(colour).encode()).hexdigest()[:10]


def _rules(selector: str, colour: Rgb) -> str:
    red, green, blue = colour
    ink = "#fff" if contrast(colour, (255, 255, 255)) >= READABLE else "#182433"
    hover = _mix(colour, 0 if ink == "#fff" else 255, 0.15)
    return (
        f"{selector}{{--tblr-primary:rgb({red} {green} {blue});--tblr-primary-rgb:{red},{green},{blue};"
        f"--tblr-primary-fg:{ink};--tblr-primary-darken:rgb({hover[0]} {hover[1]} {hover[2]});"
        f"--tblr-link-color:rgb({red} {green} {blue});--tblr-link-color-rgb:{red},{green},{blue};"
        f"--tblr-link-hover-color:rgb({hover[0]} {hover[1]} {hover[2]});"
        f"--tblr-link-hover-color-rgb:{hover[0]},{hover[1]},{hover[2]}}}\n"
    )


def style_sheet(colour: str) -> str:
    """The colour as Tabler's variables for the light and the dark theme."""
    chosen = rgb(colour)
    return _rules(':root,[data-bs-theme="light"]', readable_on((246, 248, 251), chosen)) + _rules(
        '[data-bs-theme="dark"]', readable_on(ON_DARK, chosen, 6.0)
    )


@cache_control(public=True, max_age=60 * 60 * 24 * 30)
def brand_css(request: HttpRequest) -> HttpResponse:
    """The brand sheet; its address carries a version of the colour. Public: the log-in page needs it."""
    return HttpResponse(style_sheet(Agency.current().brand_colour), content_type="text/css; charset=utf-8")


@cache_control(public=True, max_age=60 * 60 * 24)
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon under the name browsers ask for beside a document that cannot say where it is: a PDF, a picture."""
    return HttpResponseRedirect(static("img/icon.svg"))
