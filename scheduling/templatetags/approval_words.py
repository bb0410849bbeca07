"""{% load approval_words %}: cells of an approval row. In Python: as nodes they took half the page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from homecare.templatetags.ui import icon
from scheduling.approval_rows import ApprovalRow

register = template.Library()


def _sub(text: str) -> str:
    return f' <span class="sub">{escape(text)}</span>' if text else ""


def _number(label: str, main: str, sub: str) -> str:
    return f'<td class="num" data-label="{escape(label)}"><span>{main}{_sub(sub)}</span></td>'


@register.simple_tag
def approval_times(row: ApprovalRow, labels: Mapping[str, str]) -> SafeString:
    """Who, when, planned, clocked, to approve; `labels` are the words of the columns."""
    visit = f'<a href="{row.url}">{escape(row.client)}</a>{_sub(f"{row.when} · {row.service}")}'
    cells = (
        f'<td data-label="{escape(labels["visit"])}"><span>{visit}</span></td>',
        f'<td data-label="{escape(labels["caregiver"])}">{escape(row.caregiver)}</td>',
        _number(labels["planned"], escape(row.planned), row.planned_times),
        _number(labels["clocked"], escape(row.clocked), row.clocked_times),
        _number(labels["total"], f"<strong>{escape(row.total)}</strong>", row.more),
    )
    return mark_safe("\n".join(cells))  # noqa: S308 - every part is escaped above


@register.simple_tag
def approval_exceptions(row: ApprovalRow, labels: Mapping[str, str]) -> SafeString:
    """Each open exception with its one-click reason and the way to another one, then the reasons given.

    The buttons stand in the one form around the table; each says where it goes."""
    client, check = escape(row.client), icon("check")
    parts = []
    for one in row.unresolved:
        code, label = one.one_click, escape(one.label)
        click = f'<button class="btn btn-sm" name="code" value="{code.pk}" formaction="{one.url}">' if code else ""
        button = f"{click}{check}{escape(str(code))}</button>" if code else ""
        parts.append(
            f'<div class="approval-exception"><span><strong>{label}</strong>{_sub(one.detail)}</span>'
            f'<span class="approval-reason">{button}<a class="btn btn-sm btn-ghost-secondary" href="{one.url}"'
            f' hx-get="{one.url}">{escape(labels["other_reason"])}'
            f'<span class="visually-hidden"> {label}, {client}</span></a></span></div>'
        )
    for one in row.resolved:
        parts.append(
            f'<span class="sub">{check} {escape(one.label)}: {escape(f"{one.given} {one.memo}".strip())}</span>'
        )
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped above


@register.simple_tag
def approval_links(row: ApprovalRow) -> SafeString:
    """What can be done with the visit: links to pages of their own, which open as dialogs."""
    client = escape(row.client)
    return mark_safe(  # noqa: S308 - every part is escaped, the addresses are our own
        "".join(
            f'<a class="btn btn-sm" href="{url}" hx-get="{url}">{escape(label)}'
            f'<span class="visually-hidden"> {client}</span></a>'
            for label, url in row.links
        )
    )
