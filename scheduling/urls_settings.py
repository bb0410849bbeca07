"""What the agency decides about scheduling, under /schedule/settings/ in the namespace of scheduling."""

from django.urls import path

from scheduling.views import matching_weight, reason_code, rule, service_type, training

urlpatterns = [
    path("reasons/", reason_code.ReasonCodeList.as_view(), name="reason-code-list"),
    path("reasons/new/", reason_code.ReasonCodeCreate.as_view(), name="reason-code-create"),
    path("reasons/import/", reason_code.ReasonCodeImport.as_view(), name="reason-code-import"),
    path("reasons/<int:pk>/", reason_code.ReasonCodeUpdate.as_view(), name="reason-code-update"),
    path("rules/", rule.RuleSettings.as_view(), name="rule-settings"),
    path("trainings/new/", training.TrainingAdd.as_view(), name="training-add"),
    path("trainings/<int:pk>/remove/", training.TrainingRemove.as_view(), name="training-remove"),
    path("services/", service_type.ServiceTypeList.as_view(), name="service-type-list"),
    path("services/new/", service_type.ServiceTypeCreate.as_view(), name="service-type-create"),
    path("services/<int:pk>/", service_type.ServiceTypeUpdate.as_view(), name="service-type-update"),
    path("suggestions/", matching_weight.WeightSettings.as_view(), name="weight-settings"),
    path("suggestions/reset/", matching_weight.WeightReset.as_view(), name="weight-reset"),
]
