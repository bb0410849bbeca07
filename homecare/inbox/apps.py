from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "homecare.inbox"
    label = "inbox"
