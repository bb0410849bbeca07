"""Billing under /billing/. The public address of an invoice is short: /billing/i/<token>/."""

from django.urls import include, path

from billing.views import aging, charge, client, invoice, invoice_link, invoice_run, pay_rate, payer, payment

app_name = "billing"
urlpatterns = [
    path("", include("billing.urls_evv")),
    path("unbilled/", charge.ChargeList.as_view(), name="charge-list"),
    path("unbilled/charge/", charge.ChargeMake.as_view(), name="charge-make"),
    path("invoices/", invoice.InvoiceList.as_view(), name="invoice-list"),
    path("invoices/run/", invoice_run.InvoiceRun.as_view(), name="invoice-run"),
    path("invoices/<int:pk>/", invoice.InvoiceDetail.as_view(), name="invoice-detail"),
    path("invoices/<int:pk>/pdf/", invoice.InvoicePdf.as_view(), name="invoice-pdf"),
    path("invoices/<int:pk>/issue/", invoice.InvoiceIssue.as_view(), name="invoice-issue"),
    path("invoices/<int:pk>/discard/", invoice.InvoiceDiscard.as_view(), name="invoice-discard"),
    path("invoices/<int:pk>/void/", invoice.InvoiceVoid.as_view(), name="invoice-void"),
    path("invoices/<int:pk>/email/", invoice.InvoiceEmail.as_view(), name="invoice-email"),
    path("links/<int:pk>/revoke/", invoice.InvoiceLinkRevoke.as_view(), name="invoice-link-revoke"),
    path("i/<str:token>/", invoice_link.InvoiceLinkPage.as_view(), name="invoice-link"),
    path("i/<str:token>/pdf/", invoice_link.InvoiceLinkPdf.as_view(), name="invoice-link-pdf"),
    path("payments/", payment.PaymentList.as_view(), name="payment-list"),
    path("payments/new/", payment.PaymentCreate.as_view(), name="payment-create"),
    path("payments/<int:pk>/", payment.PaymentDetail.as_view(), name="payment-detail"),
    path("payments/<int:pk>/apply/", payment.PaymentApply.as_view(), name="payment-apply"),
    path("payments/<int:pk>/void/", payment.PaymentVoid.as_view(), name="payment-void"),
    path("aging/", aging.Aging.as_view(), name="aging"),
    path("payers/", payer.PayerList.as_view(), name="payer-list"),
    path("payers/new/", payer.PayerCreate.as_view(), name="payer-create"),
    path("payers/<int:pk>/", payer.PayerDetail.as_view(), name="payer-detail"),
    path("payers/<int:pk>/edit/", payer.PayerUpdate.as_view(), name="payer-update"),
    path("pay-rates/", pay_rate.PayRateList.as_view(), name="payrate-list"),
    path("pay-rates/new/", pay_rate.PayRateCreate.as_view(), name="payrate-create"),
    path("pay-rates/<int:pk>/end/", pay_rate.PayRateEnd.as_view(), name="payrate-end"),
    path("rates/", payer.RateList.as_view(), name="rate-list"),
    path("rates/new/", payer.RateCreate.as_view(), name="rate-create"),
    path("clients/<int:client_pk>/", client.ClientBilling.as_view(), name="client-billing"),
    path("clients/<int:client_pk>/invoice/", invoice.InvoiceCreate.as_view(), name="invoice-create"),
    path("clients/<int:client_pk>/coverages/new/", client.CoverageCreate.as_view(), name="coverage-create"),
    path("coverages/<int:pk>/edit/", client.CoverageUpdate.as_view(), name="coverage-update"),
    path(
        "clients/<int:client_pk>/authorizations/new/", client.AuthorizationCreate.as_view(), name="authorization-create"
    ),
    path("authorizations/<int:pk>/edit/", client.AuthorizationUpdate.as_view(), name="authorization-update"),
]
