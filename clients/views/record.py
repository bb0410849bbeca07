"""Pages of the rows on a client's record: each is one form and one service, then the client's page shows again."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from clients.forms.record import (
    AddressForm,
    AllergyForm,
    CareTeamEndForm,
    CareTeamForm,
    ContactForm,
    DiagnosisForm,
    IntroductionForm,
    PreferenceForm,
    ResolveForm,
)
from clients.models import (
    Address,
    Allergy,
    CaregiverPreference,
    CareTeamMember,
    Client,
    Contact,
    Diagnosis,
    Introduction,
)
from clients.services.address import add_address, update_address
from clients.services.care_team import (
    add_to_team,
    end_team_membership,
    introduce,
    remove_preference,
    set_preference,
    withdraw_introduction,
)
from clients.services.contact import add_contact, remove_contact, update_contact
from clients.services.diagnosis import add_allergy, add_diagnosis, remove_allergy, resolve_diagnosis
from clients.views.client import OneClient
from homecare.views import ActionView, FormPage, ScopedMixin


class RecordForm(OneClient, ScopedMixin, FormPage):
    """A form about one row of a client. With `model` the row is edited, else the client of the URL gets a new one."""

    model: Any = None
    heading: Any = ""
    success_message = gettext_lazy("Saved.")
    _row: Any = None

    @property
    def row(self) -> Any:
        if self.model is not None and self._row is None:
            self._row = self.scoped_object()
        return self._row

    def get_client(self) -> Client:
        if self.row is None:
            return super().get_client()
        return Client.objects.visible_to(self.request.user).select_related("branch").get(pk=self.row.client_id)

    def get_success_url(self) -> str:
        return reverse("clients:client-detail", args=[self.get_client().pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        client = self.get_client()
        return super().get_context_data(
            client=client,
            heading=self.heading,
            subtitle=f"{client.full_name}, {client.number}",
            cancel_url=client.get_absolute_url(),
            **kwargs,
        )


class EditForm(RecordForm):
    """The form is filled with the row."""

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.row}


class AboutMembers(RecordForm):
    """The form offers the staff of the client's branch."""

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "client": self.get_client(), "user": self.request.user}


class AddressCreate(RecordForm):
    permission = "clients.add_address"
    form_class = AddressForm
    heading = gettext_lazy("Add an address")

    def perform(self, form: Any) -> Address:
        return add_address(self.get_client(), by=self.request.user, **form.cleaned_data)


class AddressUpdate(EditForm):
    model = Address
    permission = "clients.change_address"
    form_class = AddressForm
    heading = gettext_lazy("Edit the address")

    def perform(self, form: Any) -> Address:
        return update_address(self.row, by=self.request.user, **form.cleaned_data)


class ContactCreate(RecordForm):
    permission = "clients.add_contact"
    form_class = ContactForm
    heading = gettext_lazy("Add a contact")

    def perform(self, form: Any) -> Contact:
        return add_contact(self.get_client(), by=self.request.user, **form.cleaned_data)


class ContactUpdate(EditForm):
    model = Contact
    permission = "clients.change_contact"
    form_class = ContactForm
    heading = gettext_lazy("Edit the contact")

    def perform(self, form: Any) -> Contact:
        return update_contact(self.row, by=self.request.user, **form.cleaned_data)


class CareTeamAdd(AboutMembers):
    permission = "clients.add_careteammember"
    form_class = CareTeamForm
    heading = gettext_lazy("Add to the care team")

    def perform(self, form: Any) -> CareTeamMember:
        return add_to_team(self.get_client(), by=self.request.user, **form.cleaned_data)


class CareTeamEnd(RecordForm):
    model = CareTeamMember
    permission = "clients.change_careteammember"
    form_class = CareTeamEndForm
    heading = gettext_lazy("Leaves the care team")

    def perform(self, form: Any) -> CareTeamMember:
        return end_team_membership(self.row, by=self.request.user, **form.cleaned_data)


class PreferenceAdd(AboutMembers):
    permission = "clients.add_caregiverpreference"
    form_class = PreferenceForm
    heading = gettext_lazy("Preferred or excluded caregiver")

    def perform(self, form: Any) -> CaregiverPreference:
        return set_preference(self.get_client(), by=self.request.user, **form.cleaned_data)


class IntroductionAdd(AboutMembers):
    permission = "clients.add_careteammember"
    form_class = IntroductionForm
    heading = gettext_lazy("A caregiver was introduced")

    def perform(self, form: Any) -> Introduction:
        return introduce(self.get_client(), by=self.request.user, **form.cleaned_data)


class DiagnosisCreate(RecordForm):
    permission = "clients.add_diagnosis"
    form_class = DiagnosisForm
    heading = gettext_lazy("Add a condition")

    def perform(self, form: Any) -> Diagnosis:
        return add_diagnosis(self.get_client(), by=self.request.user, **form.cleaned_data)


class DiagnosisResolve(RecordForm):
    model = Diagnosis
    permission = "clients.change_diagnosis"
    form_class = ResolveForm
    heading = gettext_lazy("The condition is resolved")

    def perform(self, form: Any) -> Diagnosis:
        return resolve_diagnosis(self.row, by=self.request.user, **form.cleaned_data)


class AllergyCreate(RecordForm):
    permission = "clients.add_allergy"
    form_class = AllergyForm
    heading = gettext_lazy("Add an allergy")

    def perform(self, form: Any) -> Allergy:
        return add_allergy(self.get_client(), by=self.request.user, **form.cleaned_data)


class RemoveRow(ActionView):
    """Takes a row off the record after a question; the trail keeps that it was there."""

    def get_success_url(self, result: Any) -> str:
        return reverse("clients:client-detail", args=[result.client_id])


class ContactRemove(RemoveRow):
    model = Contact
    permission = "clients.change_contact"
    success_message = gettext_lazy("The contact is off the record.")

    def perform(self, obj: Contact) -> None:
        remove_contact(obj, by=self.request.user)  # type: ignore[arg-type]


class PreferenceRemove(RemoveRow):
    model = CaregiverPreference
    permission = "clients.change_caregiverpreference"
    success_message = gettext_lazy("The wish is off the record.")

    def perform(self, obj: CaregiverPreference) -> None:
        remove_preference(obj, by=self.request.user)  # type: ignore[arg-type]


class AllergyRemove(RemoveRow):
    model = Allergy
    permission = "clients.change_allergy"
    success_message = gettext_lazy("The allergy is off the record.")

    def perform(self, obj: Allergy) -> None:
        remove_allergy(obj, by=self.request.user)  # type: ignore[arg-type]


class IntroductionRemove(RemoveRow):
    model = Introduction
    permission = "clients.change_careteammember"
    success_message = gettext_lazy("The introduction is off the record.")

    def perform(self, obj: Introduction) -> None:
        withdraw_introduction(obj, by=self.request.user)  # type: ignore[arg-type]
