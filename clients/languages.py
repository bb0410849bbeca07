"""Languages people speak at home in the United States, by ISO 639 tag, in the order of their speakers (census)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

LANGUAGES = {
    "en": _("English"),
    "es": _("Spanish"),
    "zh": _("Chinese"),
    "tl": _("Tagalog"),
    "vi": _("Vietnamese"),
    "ar": _("Arabic"),
    "fr": _("French"),
    "ko": _("Korean"),
    "ru": _("Russian"),
    "pt": _("Portuguese"),
    "ht": _("Haitian Creole"),
    "hi": _("Hindi"),
    "de": _("German"),
    "pl": _("Polish"),
    "it": _("Italian"),
    "ur": _("Urdu"),
    "fa": _("Persian"),
    "te": _("Telugu"),
    "bn": _("Bengali"),
    "gu": _("Gujarati"),
    "ja": _("Japanese"),
    "pa": _("Punjabi"),
    "el": _("Greek"),
    "hy": _("Armenian"),
    "he": _("Hebrew"),
    "yi": _("Yiddish"),
    "km": _("Khmer"),
    "lo": _("Lao"),
    "hmn": _("Hmong"),
    "am": _("Amharic"),
    "so": _("Somali"),
    "sw": _("Swahili"),
    "ne": _("Nepali"),
    "uk": _("Ukrainian"),
    "th": _("Thai"),
    "kea": _("Cape Verdean Creole"),
    "ase": _("American Sign Language"),
}


def name_of(tag: str) -> str:
    """The language's name, the tag itself when it is a rarer one."""
    return str(LANGUAGES.get(tag, tag))


def choices(present: str = "") -> list[tuple[str, str]]:
    """For a select; keeps a rarer language that a client already has."""
    rare = [(present, present)] if present and present not in LANGUAGES else []
    return [(tag, str(name)) for tag, name in LANGUAGES.items()] + rare
