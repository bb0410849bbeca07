"""{% load approval_words %}: the rows of the approval list. In Python: as template nodes they took half the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from homecare.templatetags.ui import daytime_filter, icon, status
from scheduling.approval_rows import ApprovalRow, ExceptionLine

register = template.Library()
Words = Mapping[str, str]
LOOKS = {"not_finished": "late", "not_started": "missed"}


def _sub(text: str) -> str:
    return f' <span class="sub">{escape(text)}</span>' if text else ""


def _link(url: str, label: str, about: str, css: str = "") -> str:
    """A link to a page that opens as a dialog; `about` says to screen readers whose it is. Label and about escaped."""
    hidden = f'<span class="visually-hidden"> {about}</span>'
    return f'<a class="btn btn-sm{css}" href="{url}" hx-get="{url}">{label}{hidden}</a>'


@register.simple_tag
def approval_rows(rows: Iterable[ApprovalRow], labels: Mapping[str, str], settled: bool) -> SafeString:
    """Visits that need a decision or, when `settled`, have had one. `labels` are the words of columns and buttons.

    The buttons stand in the one form around the table; each says where it goes."""
    words = {name: escape(text) for name, text in labels.items()}
    html = [
        f'<tr id="visit-{row.pk}">{_times(row, words)}\n<td class="approval-why" data-label="{words["why"]}"><div>'
        f"{_decided(row.visit) if settled else _undone(row, labels)}{_correction(row, words)}{_exceptions(row, words)}"
        f"{_missing(row)}{'' if settled else _why_not(row)}</div></td>\n"
        f'<td class="row-actions">{_links(row)}{_restore(row, words)}</td></tr>'
        for row in rows
    ]
    return mark_safe("\n".join(html))  # noqa: S308 - every part is escaped


@register.simple_tag
def approval_clean_rows(rows: Iterable[ApprovalRow], labels: Mapping[str, str]) -> SafeString:
    """Clean visits, each with its box to tick."""
    words = {name: escape(text) for name, text in labels.items()}
    html = []
    for row in rows:
        whose = f'<span class="visually-hidden">{escape(row.client)}, {escape(row.when)}</span>'
        box = f'<input type="checkbox" class="form-check-input" name="visit" value="{row.pk}">'
        given = "".join(_sub(f"{one.label}: {one.given}") for one in row.resolved)
        html.append(
            f'<tr id="visit-{row.pk}"><td><label class="approval-tick">{box}{whose}</label></td>\n'
            f"{_times(row, words)}\n"
            f'<td data-label="{words["given"]}">{given}{_missing(row)}</td>\n'
            f'<td class="row-actions">{_links(row)}</td></tr>'
        )
    return mark_safe("\n".join(html))  # noqa: S308 - every part is escaped


def _number(label: str, main: str, sub: str) -> str:
    return f'<td class="num" data-label="{label}"><span>{main}{_sub(sub)}</span></td>'


def _times(row: ApprovalRow, words: Words) -> str:
    """Who, when, planned, clocked, to approve."""
    visit = f'<a href="{row.url}">{escape(row.client)}</a>{_sub(f"{row.when} · {row.service}")}'
    cells = (
        f'<td data-label="{words["visit"]}"><span>{visit}</span></td>',
        f'<td data-label="{words["caregiver"]}">{escape(row.caregiver)}</td>',
        _number(words["planned"], escape(row.planned), row.planned_times),
        _number(words["clocked"], escape(row.clocked), row.clocked_times),
        _number(words["total"], f"<strong>{escape(row.total)}</strong>", row.more),
    )
    return "\n".join(cells)


def _undone(row: ApprovalRow, labels: Mapping[str, str]) -> str:
    name = "not_finished" if row.is_going_on else "not_started" if row.is_unclocked else ""
    return status(labels[name], LOOKS[name]) if name else ""


def _decided(visit: Any) -> str:
    """How a visit was decided."""
    parts: list[str] = [status(visit)]
    if visit.status == "missed":
        parts.append(_sub(visit.cancel_reason))
    if visit.adjustment_code:
        parts.append(_sub(f"{visit.adjustment_code} {visit.adjustment_memo}"))
    if visit.approved_by:
        parts.append(_sub(f"{visit.approved_by} · {daytime_filter(visit.approved_at)}"))
    return "".join(parts)


def _correction(row: ApprovalRow, words: Words) -> str:
    one, client = row.correction, escape(row.client)
    if one is None:
        return ""
    return (
        f'<div class="approval-exception"><span><strong>{words["proposes"]} {escape(row.proposed_times)}</strong>'
        f'{_sub(one.reason)}</span><span class="approval-reason">{_link(one.accept_url, words["accept"], client)}'
        f"{_link(one.decline_url, words['decline'], client, ' btn-ghost-secondary')}</span></div>"
    )


def _exceptions(row: ApprovalRow, words: Words) -> str:
    """Each open exception with its one-click reason and the way to another one, then the reasons given."""
    client = escape(row.client)
    parts = [_open(one, client, words) for one in row.unresolved]
    for one in row.resolved:
        given = escape(f"{one.label}: {f'{one.given} {one.memo}'.strip()}")
        parts.append(f'<span class="sub">{icon("check")} {given}</span>')
    return "".join(parts)


def _open(one: ExceptionLine, client: str, words: Words) -> str:
    code, label, button = one.one_click, escape(one.label), ""
    if code:
        click = f'<button class="btn btn-sm" name="code" value="{code.pk}" formaction="{one.url}">'
        button = f"{click}{icon('check')}{escape(str(code))}</button>"
    other = _link(one.url, words["other_reason"], f"{label}, {client}", " btn-ghost-secondary")
    return (
        f'<div class="approval-exception"><span><strong>{label}</strong>{_sub(one.detail)}</span>'
        f'<span class="approval-reason">{button}{other}</span></div>'
    )


def _missing(row: ApprovalRow) -> str:
    return "".join(f'<span class="sub">{icon("alert-triangle")} {escape(text)}</span>' for text in row.missing)


def _why_not(row: ApprovalRow) -> str:
    return "" if row.unresolved or row.is_unclocked else _sub(row.why_not)


def _links(row: ApprovalRow) -> str:
    client = escape(row.client)
    return "".join(_link(url, escape(label), client) for label, url in row.links)


def _restore(row: ApprovalRow, words: Words) -> str:
    url = row.restore_url
    return f'<button class="btn btn-sm" formaction="{url}">{words["restore"]}</button>' if url else ""
