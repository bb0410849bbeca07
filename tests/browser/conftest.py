"""Chromium as a person would use it: `page_as(user)` opens a signed-in page that fails the test when it misbehaves.

A page misbehaves when it logs an error, loads anything from another host, gets a failed answer or breaks the content
security policy. `check_axe(page)` judges what it shows by WCAG 2.2 AA and axe's best practice.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client as HttpClient
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

# Playwright's synchronous interface runs an event loop in this thread; Django would refuse the ORM beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

HERE = Path(__file__).parent
AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  window.reportViolation(`${event.violatedDirective}: ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`));
"""
RUN_AXE = """
async (tags) => {
  const result = await axe.run(document, { runOnly: tags, preload: false, resultTypes: ["violations"] });
  return result.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.target.join(" ")} — ${node.failureSummary.split("\\n").slice(1).join("; ").trim()}`));
}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """What went wrong on one page, except what the test expects (regular expressions)."""

    def __init__(self, page: Page, home: str, allow: tuple[str, ...]) -> None:
        self.home, self.allow, self.problems = urlsplit(home).netloc, allow, []
        page.expose_function("reportViolation", lambda text: self.note(f"policy violation {text}"))
        page.add_init_script(REPORT_VIOLATIONS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.note(f"uncaught {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def note(self, problem: str) -> None:
        if not any(re.search(pattern, problem) for pattern in self.allow):
            self.problems.append(problem)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.note(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self.home:
            self.note(f"request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        # Leaving a page aborts what it was still asking for.
        if request.failure != "net::ERR_ABORTED":
            self.note(f"failed request: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.note(f"status of {response.status}: {response.url}")


PageAs = Callable[..., Page]


@pytest.fixture
def page_as(chromium: Browser, live_server: Any) -> Iterator[PageAs]:
    """page_as(user, width=1440, allow=(), **context options) → a page signed in as that person (None: nobody).

    Relative addresses work: page.goto("/clients/"). `allow` lists patterns of problems that the test provokes.
    """
    opened: list[tuple[Any, Watch]] = []

    def open_page(user: Any = None, width: int = 1440, allow: tuple[str, ...] = (), **options: Any) -> Page:
        size = {"width": width, "height": 900 if width > 600 else 800}
        options = {"viewport": size, "has_touch": width <= 600} | options
        context = chromium.new_context(
            base_url=live_server.url, locale="en-US", timezone_id="America/New_York", **options
        )
        if user is not None:
            http = HttpClient()
            http.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": http.cookies[name].value, "url": live_server.url}])
        context.set_default_timeout(15_000)
        # Added by the debugger, not by the page: the content security policy stays in force.
        context.add_init_script(path=AXE)
        page = context.new_page()
        opened.append((context, Watch(page, live_server.url, allow)))
        return page

    yield open_page
    for context, _watch in opened:
        context.close()
    problems = [problem for _context, watch in opened for problem in watch.problems]
    assert problems == [], "\n".join(problems)


@pytest.fixture
def check_axe() -> Callable[[Page], list[str]]:
    """check_axe(page) → what breaks WCAG 2.2 AA or axe's best practice, one line per element."""

    def run(page: Page) -> list[str]:
        violations: list[str] = page.evaluate(RUN_AXE, AXE_TAGS)
        return violations

    return run


@pytest.fixture
def fits() -> Callable[[Page], bool]:
    """fits(page): nothing makes the page scroll sideways."""

    def measure(page: Page) -> bool:
        return bool(page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"))

    return measure
