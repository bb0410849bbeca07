"""What the telephone says, in English and Spanish. No sentence names anything about a client's health."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from scheduling.telephony.conversation import Line

ENGLISH, SPANISH = "en-us", "es"
SPOKEN = {ENGLISH: "en-US", SPANISH: "es-US"}
SENTENCES = {
    "pin": gettext_noop("Enter your number, then the pound key."),
    "pin_again": gettext_noop("We do not know this number. Enter your number again, then the pound key."),
    "too_many": gettext_noop("We could not understand you. Please call the office. Goodbye."),
    "blocked": gettext_noop("There were too many wrong numbers from this telephone. Please call the office. Goodbye."),
    "unknown_number": gettext_noop(
        "We do not know the telephone you are calling from. Your call counts, and the office will look at it."
    ),
    "choose_client": gettext_noop("For %(called)s, press %(key)s."),
    "none_of_these": gettext_noop("For somebody else, press %(key)s."),
    "not_understood": gettext_noop("We did not understand that."),
    "act": gettext_noop("Press 1 to clock in. Press 2 to clock out."),
    "act_or_device": gettext_noop(
        "Press 1 to clock in. Press 2 to clock out. Press 3 to enter the code of a device at the client's home."
    ),
    "clocked_in": gettext_noop("You are clocked in at %(time)s."),
    "clocked_out": gettext_noop("You are clocked out at %(time)s."),
    "clocked_out_tasks": gettext_noop("You are clocked out at %(time)s. Now the tasks."),
    "ask_task": gettext_noop("Enter the two digits of a task. Enter zero zero when you have finished."),
    "unknown_task": gettext_noop(
        "This visit has no such task. Enter the two digits of a task, or zero zero when you have finished."
    ),
    "ask_outcome": gettext_noop("Task %(code)s. Press 1 if it is done. Press 2 if the client did not want it."),
    "next_task": gettext_noop("Kept. Enter the next task, or zero zero."),
    "read_back": gettext_noop("You clocked out at %(time)s. Tasks answered: %(count)s."),
    "device_act": gettext_noop("Press 1 for the code of your start. Press 2 for the code of your end."),
    "ask_code": gettext_noop("Enter the eight digits of the code."),
    "unknown_code": gettext_noop("We do not know this code, or it was used already. Enter the eight digits again."),
    "goodbye": gettext_noop("Thank you. Goodbye."),
}


def spoken_language(language: str) -> str:
    """The language of the prompts for a person's own: Spanish for Spanish, English for everything else."""
    return SPANISH if language.startswith("es") else ENGLISH


def say(lines: Iterable[Line], language: str) -> list[tuple[str, str]]:
    """[(language, sentence)] in the order in which they are spoken; the greeting comes in both languages."""
    spoken = []
    for line in lines:
        if line.name == "greeting":
            spoken += [(one, _sentence(Line("pin"), one)) for one in (ENGLISH, SPANISH)]
        else:
            # Before the PIN nobody has said which language they speak.
            for one in (language,) if language else (ENGLISH, SPANISH):
                spoken.append((one, _sentence(line, one)))
    return spoken


def _sentence(line: Line, language: str) -> str:
    with translation.override(language):
        return _(SENTENCES[line.name]) % line.values
