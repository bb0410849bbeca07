"""{% load billing_words %}: quantities and prices as billing/wording.py writes them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing.wording import quantity_text, rate_text
from homecare.templatetags import ui

register = template.Library()


@register.filter
def quantity(line: Any) -> str:
    """1.25 h of a line or charge."""
    return quantity_text(line.quantity, line.unit)


@register.filter
def rate(amount: Any) -> str:
    return rate_text(amount)


@register.simple_tag
def invoice_status(invoice: Any, today: Any = None) -> SafeString:
    """{% invoice_status invoice today %} of one with its balance: paid, part paid or overdue say more than issued."""
    return ui.status(*_state(invoice, today))


def _state(invoice: Any, today: Any) -> tuple[str, str]:
    if invoice.status != "issued":
        return invoice.get_status_display(), invoice.status
    if invoice.balance <= 0:
        return _("Paid"), "paid"
    if today is not None and invoice.due_on < today:
        return _("Overdue"), "overdue"
    return (_("Part paid"), "part_paid") if invoice.balance < invoice.total else (_("Issued"), "issued")
