"""Tags and filters of every page (a builtin library: no {% load %} needed).

Money, people, moments and lengths of time are written one way everywhere; so are statuses and icons.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field
from django.forms.utils import flatatt
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from homecare import icons
from homecare import money as amounts
from homecare.dates import DAY, DAY_WITH_YEAR, written
from homecare.status_looks import look_of

register = template.Library()

NOTHING = "—"


@register.simple_tag(name="icon")
@lru_cache(maxsize=1000)
def icon(name: str, css: str = "") -> SafeString:
    """{% icon "calendar" %}: decoration only; the word stands beside it or in a visually-hidden span."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        "{}</svg>",
        css,
        mark_safe(icons.shapes(name)),  # noqa: S308 - drawn by the icon set, the name is checked
    )


@register.simple_tag
def badge(label: Any, tone: str = "neutral", symbol: str = "circle") -> SafeString:
    """{% badge "Late" "danger" "clock-exclamation" %}: icon and word, never only a colour."""
    return _badge(conditional_escape(label), tone, symbol)


@lru_cache(maxsize=1000)
def _badge(label: SafeString, tone: str, symbol: str) -> SafeString:
    return format_html('<span class="status-badge tone-{}">{}<span>{}</span></span>', tone, icon(symbol), label)


@register.simple_tag
def status(row: Any, value: Any = None) -> SafeString:
    """{% status visit %} uses row.status and its label; {% status "Late" "late" %} gives word and look."""
    if hasattr(row, "status"):
        look = look_of(value or row.status)
        return badge(word(row, "status"), look.tone, look.icon)
    look = look_of(value if value is not None else row)
    return badge(row, look.tone, look.icon)


@register.filter
def word(row: Any, name: str) -> str:
    """{{ visit|word:"status" }}: the word for a choice. get_status_display builds the table of choices each time."""
    try:
        field = row._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):  # a property that is shown like a field
        return str(getattr(row, f"get_{name}_display")())
    return _word(field, getattr(row, name), get_language())


@lru_cache(maxsize=1000)
def _word(field: Field, value: Any, language: str | None) -> str:
    return str(dict(field.flatchoices).get(value, value))


@register.filter
def money(value: Any) -> str:
    """$1,240.50; an absent amount is a dash."""
    if value is None or value == "":
        return NOTHING
    try:
        return amounts.display(Decimal(value))
    except InvalidOperation:
        return str(value)


def _named(value: Any, *attributes: str) -> str:
    for attribute in attributes:
        found = getattr(value, attribute, None)
        text = str(found() if callable(found) else found or "")
        if text:
            return text
    return str(value)


@register.filter
def person(value: Any, form: str = "full") -> str:
    """The full name; person:"short" is the preferred name, for the second mention."""
    if value is None or value == "":
        return NOTHING
    if form == "short":
        return _named(value, "preferred_name", "first_name", "full_name")
    return _named(value, "full_name", "get_full_name")


@register.filter
def initials(value: Any) -> str:
    """Two letters for an avatar: Maria Lopez → ML."""
    words = person(value).split()
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper()


def _zone(zone: Any) -> dt.tzinfo:
    if zone in (None, ""):
        return timezone.get_current_timezone()
    return ZoneInfo(zone) if isinstance(zone, str) else zone


@register.filter
def day(value: Any) -> str:
    """Mon 23 Nov, with the year when it is not this one."""
    if not value:
        return NOTHING
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value, _zone(None)).date() if timezone.is_aware(value) else value.date()
    this_year = dt.datetime.now(timezone.get_current_timezone()).year
    return written(value, DAY if value.year == this_year else DAY_WITH_YEAR)


@register.filter
def clock(value: Any, zone: Any = None) -> str:
    """08:00 of a moment (in the branch's zone) or of a wall-clock time."""
    if value in (None, ""):
        return NOTHING
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value, _zone(zone))
    return f"{value:%H:%M}"


def _span(starts_at: dt.datetime, ends_at: dt.datetime | None, zone: Any) -> str:
    where = _zone(zone)
    start = starts_at.astimezone(where)
    text = f"{day(start.date())}, {start:%H:%M}"
    if ends_at:
        end = ends_at.astimezone(where)
        overnight = end.date() != start.date() and end - start >= dt.timedelta(hours=18)
        text += f"–{day(end.date())}, {end:%H:%M}" if overnight else f"–{end:%H:%M}"
    if zone and start.utcoffset() != starts_at.astimezone(timezone.get_current_timezone()).utcoffset():
        text += f" {start:%Z}"
    return text


@register.filter(name="daytime")
def daytime_filter(starts_at: Any, ends_at: Any = None) -> str:
    """{{ visit.starts_at|daytime:visit.ends_at }}: Mon 23 Nov, 08:00–09:30 in the zone of the page."""
    return _span(starts_at, ends_at, None) if starts_at else NOTHING


@register.simple_tag(name="daytime")
def daytime_tag(starts_at: Any, ends_at: Any = None, zone: Any = None) -> str:
    """{% daytime visit.starts_at visit.ends_at zone=visit.branch.time_zone %}: shows the zone where it differs."""
    return _span(starts_at, ends_at, zone) if starts_at else NOTHING


@register.filter
def minutes(value: Any) -> str:
    """95 → 1 h 35 min."""
    if value is None or value == "":
        return NOTHING
    return _length(int(value), get_language())


@lru_cache(maxsize=2000)
def _length(whole: int, language: str | None) -> str:
    hours, rest = divmod(abs(whole), 60)
    parts = [_("%(n)s h") % {"n": hours}] if hours else []
    if rest or not hours:
        parts.append(_("%(n)s min") % {"n": rest})
    return ("−" if whole < 0 else "") + " ".join(parts)


@register.filter
def duration(value: Any, until: Any = None) -> str:
    """A timedelta, or {{ visit.starts_at|duration:visit.ends_at }}: 1 h 35 min of true elapsed time."""
    if value is None or value == "":
        return NOTHING
    elapsed = until - value if until is not None else value
    return minutes(int(elapsed.total_seconds() // 60))


@register.filter
def ago(value: dt.datetime | None) -> str:
    """Just now, 5 min ago, 3 h ago; older than a day: the moment itself."""
    if not value:
        return NOTHING
    passed = int((timezone.now() - value).total_seconds() // 60)
    if passed < 1:
        return _("just now")
    if passed < 60:
        return _("%(n)s min ago") % {"n": passed}
    if passed < 24 * 60:
        return _("%(n)s h ago") % {"n": passed // 60}
    return daytime_filter(value)


@register.filter
def counted(number: Any, nouns: str) -> str:
    """{{ total|counted:"visit,visits" }}: 1 visit, 1,204 visits."""
    one, many = nouns.split(",")
    return f"{int(number):,} {ngettext(one, many, int(number))}"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """{{ totals|get:row.pk }}: the value under a key, None when there is none."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.simple_tag
def breadcrumbs(*steps: Any) -> SafeString:
    """{% breadcrumbs "Clients" clients_url "Maria Lopez" %}: pairs of word and URL; the last word is this page."""
    pairs = list(zip(steps[0:-1:2], steps[1::2], strict=True)) if len(steps) > 1 else []
    items = format_html_join("", '<li class="breadcrumb-item"><a href="{1}">{0}</a></li>', pairs)
    last = format_html('<li class="breadcrumb-item active" aria-current="page">{}</li>', steps[-1])
    return format_html(
        '<nav class="crumbs" aria-label="{}"><ol class="breadcrumb">{}{}</ol></nav>', _("Breadcrumb"), items, last
    )


def _modules() -> dict[str, str]:
    folder = Path(settings.BASE_DIR) / "static" / "js"
    names = sorted(file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.js"))
    imports = {f"homecare/{name}": static(f"js/{name}.js") for name in names}
    imports["signature_pad"] = static("vendor/signature_pad.min.js")
    return imports


@lru_cache(maxsize=1)
def _import_map() -> str:
    return json.dumps({"imports": _modules()})


@register.simple_tag
def import_map() -> SafeString:
    """The import map: every file of static/js under its bare name, e.g. import {toast} from "homecare/toasts"."""
    text = json.dumps({"imports": _modules()}) if settings.DEBUG else _import_map()
    return mark_safe(text)  # noqa: S308 - made of our own file names


@register.simple_tag
def module(name: str) -> SafeString:
    """{% module "board" %}: loads static/js/board.js as a module, once per page."""
    return format_html('<script type="module" src="{}"></script>', static(f"js/{name}.js"))


@register.filter
def page_numbers(paginator: Any, number: int) -> list[int | None]:
    """The page numbers worth showing around this one; None stands for a gap."""
    elided = paginator.get_elided_page_range(number, on_each_side=1, on_ends=1)
    return [page if isinstance(page, int) else None for page in elided]


@register.filter
def sort_state(now: str | None, key: str) -> str:
    """aria-sort of a column whose sort key is `key`."""
    return {key: "ascending", f"-{key}": "descending"}.get(now or "", "none")


@register.filter
def sort_next(now: str | None, key: str) -> str:
    """What a click on the column's head sorts by next."""
    return f"-{key}" if now == key else key


@register.filter
def filter_control(field: Any) -> SafeString:
    """A bound filter field with the kit's class for its kind of widget."""
    kind = getattr(field.field.widget, "input_type", "text")
    css = {"select": "form-select", "checkbox": "form-check-input"}.get(kind, "form-control")
    return field.as_widget(attrs={"class": css})


@register.simple_tag
def select_options(groups: Any) -> SafeString:
    """The options of a drop-down. In Python, because lists of a thousand people took most of a page's time."""
    html: list[str] = []
    for group, options, _index in groups:
        if group:
            html.append(format_html('<optgroup label="{}">', group))
        for option in options:
            value, label, attributes = escape(option["value"]), conditional_escape(option["label"]), option["attrs"]
            html.append(f'<option value="{value}"{flatatt(attributes) if attributes else ""}>{label}</option>')
        if group:
            html.append("</optgroup>")
    return mark_safe("".join(html))  # noqa: S308 - every part is escaped above


@register.filter
def target_id(field: Any) -> str:
    """Where a link to the field must lead: the input, or the first choice of a group."""
    return field.id_for_label or f"{field.auto_id}_0"


@register.simple_tag(takes_context=True)
def linked(context: Any, row: Any) -> SafeString | str:
    """A person's name, leading to their page for whoever may open it."""
    user, meta = context.get("user"), row._meta
    if user is None or not user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
        return str(row.full_name)
    return format_html('<a href="{}">{}</a>', row.get_absolute_url(), row.full_name)


@register.filter
def without_placeholder(field: Any) -> Any:
    """The same bound field; a label above it says what a placeholder would repeat in a paler colour."""
    field.field.widget.attrs.pop("placeholder", None)
    return field
