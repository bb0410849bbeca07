from __future__ import annotations

import datetime as dt
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.views import ActionView, FormPage, ListPage, ScopedMixin
from staff.filters import CredentialFilter
from staff.forms.credential import CredentialForm, WithdrawForm
from staff.models import Credential, Member
from staff.services.credential import add_credential, update_credential, verify_credential, withdraw_credential
from staff.views.today import today_of

WINDOW = 60


def tab_of(member: Member) -> str:
    return member.get_absolute_url() + "?tab=credentials"


class CredentialList(ListPage):
    """What runs out soon, first what has run out."""

    model = Credential
    permission = "staff.view_credential"
    filterset_class = CredentialFilter
    template_name = "staff/credential_list.html"
    fragment_name = "staff/_credential_table.html"

    @property
    def today(self) -> dt.date:
        if not hasattr(self, "_today"):
            self._today = today_of(self.request.user)  # type: ignore[arg-type]
        return self._today

    def rows(self, queryset: Any) -> Any:
        rows = queryset.select_related("type", "member__role", "member__branch").order_by("expires_on", "id")
        window = self.request.GET.get("window", "")
        if window == "all":
            return rows.filter(withdrawn_on=None)
        if window == "expired":
            return rows.expired(self.today)
        return rows.expiring_within(self.today, int(window) if window.isdigit() else WINDOW)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = [_("Staff member"), _("Credential"), _("State"), _("Last valid day"), _("Verified")]
        columns = [{"label": label} for label in labels]
        return super().get_context_data(columns=columns, today=self.today, **kwargs)


class CredentialCreate(FormPage):
    permission = "staff.add_credential"
    form_class = CredentialForm
    success_message = gettext_lazy("Credential added. Verify it when you have seen the document.")

    @property
    def member(self) -> Member:
        return get_object_or_404(Member.objects.visible_to(self.request.user), pk=self.kwargs["member_pk"])  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        member = self.member
        return super().get_context_data(
            heading=_("Add a credential"), subtitle=member.full_name, cancel_url=tab_of(member), **kwargs
        )

    def perform(self, form: CredentialForm) -> Credential:
        return add_credential(self.member, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return tab_of(self.member)


class CredentialChange(ScopedMixin, FormPage):
    """What edit and withdraw share."""

    model = Credential
    permission = "staff.change_credential"
    heading = ""

    @property
    def credential(self) -> Credential:
        return self.scoped_object()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.credential
        return super().get_context_data(
            heading=self.heading, subtitle=str(row), cancel_url=tab_of(row.member), **kwargs
        )

    def get_success_url(self) -> str:
        return tab_of(self.result.member)


class CredentialUpdate(CredentialChange):
    heading = gettext_lazy("Edit credential")  # type: ignore[assignment]
    form_class = CredentialForm
    success_message = gettext_lazy("Saved. A changed document has to be verified again.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.credential}

    def perform(self, form: CredentialForm) -> Credential:
        return update_credential(self.credential, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]


class CredentialWithdraw(CredentialChange):
    heading = gettext_lazy("Withdraw credential")  # type: ignore[assignment]
    form_class = WithdrawForm
    success_message = gettext_lazy("Withdrawn. It no longer counts from today on.")

    def perform(self, form: WithdrawForm) -> Credential:
        return withdraw_credential(self.credential, by=self.request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]


class CredentialVerify(ActionView):
    model = Credential
    permission = "staff.change_credential"
    success_message = gettext_lazy("Verified.")

    def perform(self, obj: Credential) -> Credential:
        return verify_credential(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Credential) -> str:
        return reverse("staff:member-detail", args=[result.member_id]) + "?tab=credentials"
