"""Who bills and who is billed, copied onto the invoice on the day of issue."""

from __future__ import annotations

from typing import Any

from billing.models import Payer
from clients.models import Client
from homecare.accounts.models import Agency, Branch


def _place(city: str, state: str, postal_code: str) -> str:
    return ", ".join(part for part in (city, f"{state} {postal_code}".strip()) if part)


def bill_to(client: Client, payer: Payer) -> dict[str, Any]:
    """Name, address lines, e-mail: of the person who receives the client's invoices, or of the payer.

    `member_id` is the payer's number of the client, without which an insurer cannot match the bill.
    """
    if not payer.bills_client:
        coverage = client.coverages.filter(payer=payer).order_by("-since").first()
        lines = [payer.line1, _place(payer.city, payer.state, payer.postal_code)]
        return {
            "name": payer.name,
            "lines": [line for line in lines if line],
            "email": payer.email,
            "member_id": coverage.member_id if coverage else "",
        }
    contact = client.contacts.filter(receives_invoices=True).first()
    address = client.addresses.filter(is_primary=True).first()
    lines = [address.line1, address.line2, _place(address.city, address.state, address.postal_code)] if address else []
    return {
        "name": contact.name if contact else client.full_name,
        "lines": [line for line in lines if line],
        "email": (contact.email if contact else "") or client.email,
        "member_id": "",
    }


def bill_from(branch: Branch) -> dict[str, Any]:
    """The agency with its tax numbers and colour, and the branch whose care is billed."""
    agency = Agency.current()
    lines = [agency.line1, _place(agency.city, agency.state, agency.postal_code)]
    return {
        "name": agency.name,
        "legal_name": agency.legal_name,
        "lines": [line for line in lines if line],
        "phone": branch.phone or agency.phone,
        "email": branch.email or agency.email,
        "website": agency.website,
        "ein": agency.ein,
        "npi": agency.npi,
        "colour": agency.brand_colour,
        "branch": branch.name,
        "branch_lines": [
            line for line in (branch.line1, _place(branch.city, branch.state, branch.postal_code)) if line
        ],
        "licence_number": branch.licence_number,
        "time_zone": branch.time_zone,
    }
