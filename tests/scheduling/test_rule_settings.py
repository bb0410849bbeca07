"""The pages on which the agency sets its rules, trainings and weights."""

import pytest
from django.urls import reverse

from homecare.accounts.models import Agency
from homecare.audit.models import Event
from scheduling.models import TrainingRequirement
from scheduling.placement import rule_classes
from scheduling.rules.stage import example_of
from tests.factories import CredentialTypeFactory, ServiceTypeFactory

pytestmark = pytest.mark.django_db

RULES = "scheduling:rule-settings"
WEIGHTS = "scheduling:weight-settings"


def filled(form, **changes):
    """What the page would post: every field as shown, ticked boxes alone."""
    data = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (data | changes).items() if value is not False}


@pytest.mark.parametrize("rule", rule_classes(), ids=lambda rule: rule.code)
def test_rule_has_words_and_an_example_of_its_own(rule):
    assert str(rule.label) and str(rule.meaning) and str(rule.remedy).endswith(".")
    assert example_of(rule).endswith(".")


def test_rule_page_lists_every_rule_with_its_example(administrator, as_user):
    page = as_user(administrator).get(reverse(RULES)).content.decode()
    for rule in rule_classes():
        assert f'id="rule-{rule.code}"' in page
    assert "Ben Silva is already with Mensah R. on Mon 7 Dec, 09:00–10:00." in page
    assert page.count("Always refused") == 2


def test_rule_page_keeps_what_differs_and_tells_who_changed_it(administrator, as_user):
    http, url = as_user(administrator), reverse(RULES)
    form = http.get(url).context["form"]
    changes = {"rule-available": "block", "number-rest-hours": "10", "number-overtime-attendants": "on"}
    assert http.post(url, filled(form, **changes)).status_code == 302
    agency = Agency.current()
    assert agency.rule_severities == {"available": "block"}
    assert agency.rule_numbers == {"rest": {"hours": 10}, "overtime": {"attendants": 1}}
    assert administrator.get_full_name() in http.get(url).content.decode()
    again = http.get(url).context["form"]
    http.post(url, filled(again, **{"rule-available": "warn", "number-rest-hours": "8"}))
    agency.refresh_from_db()
    assert (agency.rule_severities, agency.rule_numbers) == ({}, {"overtime": {"attendants": 1}})


@pytest.mark.parametrize(("field", "value"), [("number-rest-hours", "25"), ("rule-rest", "shout")])
def test_rule_page_refuses_what_cannot_be(administrator, as_user, field, value):
    http, url = as_user(administrator), reverse(RULES)
    form = http.get(url).context["form"]
    answer = http.post(url, filled(form, **{field: value}))
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Event.objects.filter(action="agency.changed").exists()


def test_rules_cannot_be_set_by_a_coordinator(coordinator, as_user):
    http = as_user(coordinator)
    for name in (RULES, WEIGHTS, "scheduling:training-add"):
        assert http.get(reverse(name)).status_code == 403


def test_trainings_are_asked_for_and_waived(administrator, as_user):
    http, page = as_user(administrator), reverse(RULES)
    dementia = CredentialTypeFactory(code="DEMENTIA", name="Dementia care training")
    http.post(reverse("scheduling:training-add"), {"training": dementia.pk, "condition": " f03 "})
    http.post(reverse("scheduling:training-add"), {"training": dementia.pk, "service_type": ServiceTypeFactory().pk})
    row = TrainingRequirement.objects.get(service_type=None)
    assert (row.training, row.condition) == (dementia, "F03")
    text = http.get(page).content.decode()
    assert "for clients with F03" in text and "for Personal care" in text
    assert http.post(reverse("scheduling:training-remove", args=[row.pk])).url == page
    assert not TrainingRequirement.objects.filter(pk=row.pk).exists()
    assert set(Event.objects.filter(action__startswith="trainingrequirement").values_list("action", flat=True)) == {
        "trainingrequirement.added",
        "trainingrequirement.removed",
    }


@pytest.mark.parametrize("fields", [{}, {"condition": "F03", "service_type": True}])
def test_training_needs_a_service_or_a_condition(administrator, as_user, fields):
    training = CredentialTypeFactory(code="DEMENTIA", name="Dementia care training")
    data = {"training": training.pk, **fields}
    if "service_type" in data:
        data["service_type"] = ServiceTypeFactory().pk
    answer = as_user(administrator).post(reverse("scheduling:training-add"), data)
    assert "Choose either a service or a condition." in answer.content.decode()
    assert not TrainingRequirement.objects.exists()


def test_training_is_asked_for_once(administrator, as_user):
    data = {"training": CredentialTypeFactory().pk, "condition": "F03"}
    http = as_user(administrator)
    http.post(reverse("scheduling:training-add"), data)
    answer = http.post(reverse("scheduling:training-add"), data)
    assert "already asked for" in answer.content.decode()
    assert TrainingRequirement.objects.count() == 1


def test_weights_keep_what_differs_and_go_back_to_the_defaults(administrator, as_user):
    http, url = as_user(administrator), reverse(WEIGHTS)
    form = http.get(url).context["form"]
    assert http.post(url, filled(form, continuity="60", nearness="0")).status_code == 302
    assert Agency.current().matching_weights == {"continuity": 60, "nearness": 0}
    refused = http.post(url, filled(form, continuity="101"))
    assert "less than or equal to 100" in refused.content.decode()
    http.post(reverse("scheduling:weight-reset"))
    assert Agency.current().matching_weights == {}
