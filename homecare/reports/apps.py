from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "homecare.reports"
    label = "reports"
