"""Caregivers read their pages in Spanish and French, complete; the compiled files are those of the sources."""

import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from tests.scheduling.test_phone import plan_with, visit_of

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "scheduling"
PHONE = sorted([*TEMPLATES.glob("phone_*.html"), *TEMPLATES.glob("_phone_*.html"), TEMPLATES / "care_worker.js"])
WORD = re.compile(r"""translate (?:"([^"]+)"|'([^']+)')""")
# The same word in the other language, or a name.
SAME = {"Note", "Confirmation", "Messages", "Allergies"}


def words() -> set[str]:
    found = (WORD.findall(page.read_text(encoding="utf-8")) for page in PHONE)
    return {one or other for pairs in found for one, other in pairs}


@pytest.mark.parametrize("language", ["es", "fr"])
def test_phone_templates_are_translated(language):
    with translation.override(language):
        missing = [word for word in words() if translation.gettext(word.replace("%", "%%")) == word.replace("%", "%%")]
    assert set(missing) <= SAME


@pytest.mark.parametrize("language", ["es", "fr"])
def test_compiled_translations_are_those_of_the_source(language):
    folder = Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES"
    source = (folder / "django.po").read_text(encoding="utf-8")
    with (folder / "django.mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', source, re.MULTILINE)
    assert len(pairs) > 100
    assert [one for one, other in pairs if catalogue.gettext(one) != other] == []


@pytest.mark.django_db
def test_visit_page_speaks_spanish(caregiver, as_user):
    visit = visit_of(caregiver)
    plan_with(visit.client, "Wash", "Cook")
    http = as_user(caregiver.user)
    http.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    body = http.get(reverse("scheduling:phone-visit", args=[visit.pk])).content.decode()
    for words_shown in ("Empezar la visita", "Guardar la nota", "El cliente no quiso", "Falta responder %n tareas."):
        assert words_shown in body
