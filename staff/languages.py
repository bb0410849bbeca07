"""Languages people of the staff speak, by code: what most home care agencies meet. The record keeps the codes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LANGUAGES: dict[str, str | Promise] = {
    "en": _("English"),
    "es": _("Spanish"),
    "fr": _("French"),
    "ht": _("Haitian Creole"),
    "pt": _("Portuguese"),
    "zh": _("Chinese"),
    "vi": _("Vietnamese"),
    "km": _("Khmer"),
    "ru": _("Russian"),
    "ar": _("Arabic"),
    "it": _("Italian"),
    "pl": _("Polish"),
    "tl": _("Tagalog"),
    "ase": _("American Sign Language"),
}


def names_of(codes: list[str]) -> str:
    """English, Spanish."""
    return ", ".join(str(LANGUAGES.get(code, code)) for code in codes)
