from django.urls import path

from careplans.views import assessment, care_plan, client_record, plan_template, vital_reading, vital_threshold

app_name = "careplans"
urlpatterns = [
    path("", care_plan.CarePlanList.as_view(), name="careplan-list"),
    path("<int:pk>/", care_plan.CarePlanDetail.as_view(), name="careplan-detail"),
    path("<int:pk>/edit/", care_plan.CarePlanUpdate.as_view(), name="careplan-update"),
    path("<int:pk>/submit/", care_plan.CarePlanSubmit.as_view(), name="careplan-submit"),
    path("<int:pk>/return/", care_plan.CarePlanReturn.as_view(), name="careplan-return"),
    path("<int:pk>/activate/", care_plan.CarePlanActivate.as_view(), name="careplan-activate"),
    path("<int:pk>/revise/", care_plan.CarePlanRevise.as_view(), name="careplan-revise"),
    path("<int:pk>/discard/", care_plan.CarePlanDiscard.as_view(), name="careplan-discard"),
    path("clients/<int:client_pk>/", client_record.ClientPlan.as_view(), name="client-plan"),
    path("clients/<int:client_pk>/new/", care_plan.CarePlanCreate.as_view(), name="careplan-create"),
    path("clients/<int:client_pk>/health/", client_record.ClientHealth.as_view(), name="client-health"),
    path("clients/<int:client_pk>/vitals/add/", vital_reading.VitalCreate.as_view(), name="vital-create"),
    path("clients/<int:client_pk>/thresholds/", vital_threshold.ThresholdUpdate.as_view(), name="threshold-update"),
    path(
        "clients/<int:client_pk>/assessments/<slug:code>/",
        assessment.AssessmentCreate.as_view(),
        name="assessment-create",
    ),
    path("vitals/<int:pk>/acknowledge/", vital_reading.VitalAcknowledge.as_view(), name="vital-acknowledge"),
    path("assessments/", assessment.AssessmentList.as_view(), name="assessment-list"),
    path("assessments/<int:pk>/", assessment.AssessmentDetail.as_view(), name="assessment-detail"),
    path("templates/", plan_template.PlanTemplateList.as_view(), name="plantemplate-list"),
    path("templates/<int:pk>/", plan_template.PlanTemplateDetail.as_view(), name="plantemplate-detail"),
]
