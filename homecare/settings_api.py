"""Settings of the API and of its description; nothing here is read from the environment."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "homecare.accounts.api_auth.PersonalTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["homecare.api.permissions.ActionPermissions"],
    "DEFAULT_PAGINATION_CLASS": "homecare.api.pages.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "1200/min"},
    "EXCEPTION_HANDLER": "homecare.api.problems.problem_json",
    "DEFAULT_VERSIONING_CLASS": None,
    "PAGE_SIZE": 100,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Homecare API",
    "DESCRIPTION": "Clients, care plans, caregivers, visits and billing of a home care agency.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Fields of one name with different choices: what a client generated from the schema calls each.
    "ENUM_NAME_OVERRIDES": {
        "GenderEnum": "clients.models.Client.Gender",
        "CalendarKindEnum": "scheduling.models.CalendarFeed.Kind",
        "CarePlanStatusEnum": "careplans.models.CarePlan.Status",
        "ClientStatusEnum": "clients.models.Client.Status",
        "DispatchStatusEnum": "homecare.webhooks.models.Dispatch.Status",
        "InvoiceStatusEnum": "billing.models.Invoice.Status",
        "MemberStatusEnum": "staff.models.Member.Status",
        "OfferModeEnum": "scheduling.models.Offer.Mode",
        "ReferralStatusEnum": "clients.models.Referral.Status",
        "RosterOriginEnum": "scheduling.models.Roster.Origin",
        "RosterStatusEnum": "scheduling.models.Roster.Status",
        "ScheduleStatusEnum": "scheduling.models.Schedule.Status",
        "ServiceModeEnum": "scheduling.models.ServiceType.Mode",
        "TaskCategoryEnum": "staff.models.TaskCategory",
        "TimeOffStatusEnum": "staff.models.TimeOff.Status",
        "VisitStatusEnum": "scheduling.models.Visit.Status",
    },
}
