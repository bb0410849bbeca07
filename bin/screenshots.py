"""Signs in to a running demo as coordinator, caregiver and biller, and keeps four pictures in docs/screenshots."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "screenshots"
PASSWORD = "homecare-demo"  # noqa: S105 (the published one of the demo)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


def signed_in(browser: Browser, site: str, name: str, width: int, height: int) -> Page:
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=site)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=login]", f"{name}@demo.homecare.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    return page


def keep(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")
    print(f"docs/screenshots/{name}.png")


def invoice_picture(page: Page) -> None:
    """The first page of the newest issued invoice's PDF."""
    page.goto("/billing/invoices/?state=overdue")
    link = page.locator("main tbody a").first.get_attribute("href")
    answer = page.request.get(f"{link}pdf/")
    if shutil.which("pdftoppm") is None:
        sys.exit("screenshots: install poppler-utils (pdftoppm) to draw the invoice.")
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(answer.body())
        file.flush()
        target = PICTURES / "invoice"
        subprocess.run(["pdftoppm", "-png", "-r", "80", "-singlefile", file.name, target], check=True)
    print("docs/screenshots/invoice.png")


def main(site: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        office = signed_in(browser, site, "coordinator", 1440, 900)
        office.goto("/today/")
        keep(office, "today")
        office.goto("/schedule/")
        keep(office, "board")
        phone = signed_in(browser, site, "caregiver", 390, 844)
        phone.goto("/care/")
        visit = phone.locator("main a[href*='/care/visits/']").first
        if visit.count():
            visit.click()
        keep(phone, "phone")
        invoice_picture(signed_in(browser, site, "biller", 1440, 900))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
