"""{% load billing_words %}: quantities and prices as billing/wording.py writes them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from billing.unbilled import Ready, WaitingRow
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
def waiting_row(row: WaitingRow, labels: Mapping[str, str]) -> SafeString:
    """Which visit waits for what. In Python, as scheduling's approval_words: as nodes they took a fifth of the page."""
    visit = row.visit
    missing = "".join(f'<span class="sub">{escape(text)}</span>' for text in row.missing)
    service = f'{escape(visit.service_type.name)}<span class="sub">{escape(row.caregiver)}</span>'
    client = f'<a href="{row.client_url}">{escape(visit.client.full_name)}</a>'
    cells = (
        f'<tr><td><a href="{row.url}">{escape(row.when)}</a></td>',
        f'<td data-label="{escape(labels["client"])}">{client}</td>',
        f'<td data-label="{escape(labels["service"])}"><div>{service}</div></td>',
        f'<td data-label="{escape(labels["minutes"])}" class="num">{escape(row.approved)}</td>',
        f'<td data-label="{escape(labels["reason"])}"><div>{row.look}{missing}</div></td>',
        f'<td class="row-actions">{_acts(row)}</td></tr>',
    )
    return mark_safe("".join(cells))  # noqa: S308 - every part is escaped


def _acts(row: WaitingRow) -> str:
    """What takes the reason away, for whoever may."""
    if row.remedy:
        return _dialog(escape(row.remedy.url), escape(str(row.remedy.label)))
    if not row.is_held:
        return ""
    whose = f'<span class="visually-hidden"> {escape(row.visit.client.full_name)}</span>'
    right = f'<a class="btn btn-sm" href="{row.url}">{escape(_("Put it right"))}{whose}</a>'
    if not row.release_url:
        return right
    return right + _dialog(row.release_url, escape(_("Release…")) + whose, " btn-ghost-secondary")


def _dialog(url: str, label: str, css: str = "") -> str:
    return f'<a class="btn btn-sm{css}" href="{url}" hx-get="{url}" hx-target="#dialog">{label}</a>'


@register.simple_tag
def ready_row(row: Ready, labels: Mapping[str, str]) -> SafeString:
    """An invoice to come."""
    care = ui.day(row.first) if row.first == row.last else f"{ui.day(row.first)} – {ui.day(row.last)}"
    cells = (
        f'<tr><td><a href="{row.client_url}">{escape(row.client)}</a></td>',
        f'<td data-label="{escape(labels["payer"])}"><a href="{row.payer_url}">{escape(row.payer)}</a></td>',
        f'<td data-label="{escape(labels["care"])}">{escape(care)}</td>',
        f'<td data-label="{escape(labels["visits"])}" class="num">{row.visits}</td>',
        f'<td data-label="{escape(labels["amount"])}" class="num">{escape(ui.money(row.amount))}</td></tr>',
    )
    return mark_safe("".join(cells))  # noqa: S308 - every part is escaped


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
