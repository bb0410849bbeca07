"""HTML of ours drawn as PDF: WeasyPrint with fonts and style sheet made ready once, and no way to the outside.

Whoever draws imports this module in the function that does so: WeasyPrint takes most of a second to load, which
every start of Django would pay. gunicorn.conf.py loads it once before the web workers fork.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.staticfiles import finders
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from homecare.brand import readable_on, rgb

SCHEME = "static:"
VARIANT = "pdf/ua-1"  # tagged, for screen readers: a third more time, which an invoice that can be heard is worth


class OwnFilesOnly(URLFetcher):
    """Fetches `static:css/pdf.css` from our static files and refuses everything else: no http, no file, no data."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        path = finders.find(url.removeprefix(SCHEME)) if url.startswith(SCHEME) else None
        if not path:
            raise ValueError("Only the product's own static files may be fetched.")
        with open(path, "rb") as file:
            return URLFetcherResponse(url, file.read())


@lru_cache(maxsize=1)
def tools() -> tuple[OwnFilesOnly, FontConfiguration, CSS]:
    """Fetcher, fonts and style sheet, made once in the life of a process."""
    fetcher, fonts = OwnFilesOnly(), FontConfiguration()
    return fetcher, fonts, CSS(SCHEME + "css/pdf.css", url_fetcher=fetcher, font_config=fonts)


@lru_cache(maxsize=32)
def _brand(colour: str) -> CSS:
    red, green, blue = readable_on((255, 255, 255), rgb(colour))
    fetcher, fonts, _sheet = tools()
    return CSS(string=f".brand {{ color: rgb({red},{green},{blue}) }}", url_fetcher=fetcher, font_config=fonts)


def write_pdf(html: str, *, colour: str = "") -> bytes:
    """Draws a page of ours with the agency's colour."""
    fetcher, fonts, sheet = tools()
    document = HTML(string=html, base_url=SCHEME, url_fetcher=fetcher)
    return document.write_pdf(
        stylesheets=[sheet, _brand(colour)], font_config=fonts, pdf_variant=VARIANT, uncompressed_pdf=False
    )
