"""The placement rules as the agency sets them: what each does when it speaks, and its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Agency
from scheduling.placement import Number, Rule, Severity, Subject, rule_classes, severity_of
from scheduling.rules.stage import example_of

CHOICES = [
    (Severity.BLOCK.value, _("Refuse it")),
    (Severity.WARN.value, _("Warn, and ask for a reason")),
    (Severity.OFF.value, _("Do not look")),
]


def about(label: Any, rule: type[Rule]) -> Any:
    """A label that says to screen readers of which rule it speaks."""
    return format_html('{}<span class="visually-hidden">: {}</span>', label, rule.label)


@dataclass
class RuleRow:
    """One rule on the page: its words, its example and its fields."""

    code: str
    label: Any
    meaning: Any
    example: str
    severity: Any = None  # None: the database keeps it, nobody can soften it
    numbers: list[Any] = field(default_factory=list)


class RuleForm(forms.Form):
    """A rule left at its own default is not kept, so that a better default reaches the agency."""

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rule in rule_classes():
            if not rule.is_fixed:
                self.fields[f"rule-{rule.code}"] = forms.ChoiceField(
                    label=about(_("What happens"), rule),
                    choices=CHOICES,
                    initial=severity_of(rule, agency.rule_severities),
                )
            chosen = agency.rule_numbers.get(rule.code, {})
            for number in rule.settable:
                initial = chosen.get(number.name, number.default)
                self.fields[_name(rule, number)] = _number_field(rule, number, initial)

    def sections(self) -> list[tuple[Any, list[RuleRow]]]:
        """The rules by subject, in the order of the page."""
        return [
            (subject.label, [self._row(rule) for rule in rule_classes() if rule.subject == subject])
            for subject in Subject
        ]

    def _row(self, rule: type[Rule]) -> RuleRow:
        severity = None if rule.is_fixed else self[f"rule-{rule.code}"]
        numbers = [self[_name(rule, number)] for number in rule.settable]
        return RuleRow(rule.code, rule.label, rule.meaning, example_of(rule), severity, numbers)

    def values(self) -> dict[str, Any]:
        """What `save_settings` keeps."""
        data = self.cleaned_data
        severities = {
            rule.code: data[f"rule-{rule.code}"]
            for rule in rule_classes()
            if not rule.is_fixed and data[f"rule-{rule.code}"] != rule.default_severity
        }
        numbers: dict[str, dict[str, int]] = {}
        for rule in rule_classes():
            for number in rule.settable:
                chosen = int(data[_name(rule, number)])
                if chosen != number.default:
                    numbers.setdefault(rule.code, {})[number.name] = chosen
        return {"rule_severities": severities, "rule_numbers": numbers}


def _name(rule: type[Rule], number: Number) -> str:
    return f"number-{rule.code}-{number.name}"


def _number_field(rule: type[Rule], number: Number, initial: int) -> forms.Field:
    if number.is_switch:
        return forms.BooleanField(label=str(number.label), required=False, initial=bool(initial))
    return forms.IntegerField(
        label=about(number.label, rule), min_value=number.least, max_value=number.most, initial=initial
    )
