from billing.models.authorization import Authorization
from billing.models.charge import Charge, EvvRelease, UnchargedVisit
from billing.models.invoice import Invoice, InvoiceLine, InvoiceLink, InvoiceNumber
from billing.models.pay_rate import PayRate
from billing.models.payer import Coverage, Payer, Rate
from billing.models.payment import Allocation, Payment

__all__ = [
    "Allocation",
    "Authorization",
    "Charge",
    "Coverage",
    "EvvRelease",
    "Invoice",
    "InvoiceLine",
    "InvoiceLink",
    "InvoiceNumber",
    "PayRate",
    "Payer",
    "Payment",
    "Rate",
    "UnchargedVisit",
]
