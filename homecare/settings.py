"""Settings, read from the environment. Without DATABASE_URL/REDIS_URL the embedded services (bin/services) are used."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from homecare.settings_api import *  # noqa: F403 - the shape of the API
from homecare.settings_domains import *  # noqa: F403 - what the domains contribute to each other

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

environ.Env.read_env(BASE_DIR / ".env")
environ.Env.read_env(VAR_DIR / "services.env")  # written by bin/services; a variable already set wins
env = environ.Env()


def _secret_key() -> str:
    kept = VAR_DIR / "secret_key"
    return kept.read_text().strip() if kept.exists() else ""


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=_secret_key())
# Former keys while sessions and webhook secrets made with them still count.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUST_PROXY = env.bool("TRUST_PROXY", default=False)
HTTPS = SITE_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.admin",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "homecare",
    "homecare.accounts",
    "homecare.audit",
    "homecare.jobs",
    "homecare.inbox",
    "homecare.webhooks",
    "staff",
    "clients",
    "careplans",
    "scheduling",
    "billing",
    "homecare.reports",
]

MIDDLEWARE = [
    "homecare.observability.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "homecare.security.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "homecare.accounts.middleware.SessionAgeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "homecare.toasts.ToastMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "homecare.accounts.middleware.SecondFactorMiddleware",
    "homecare.local_time.LocalTimeMiddleware",
    "homecare.audit.middleware.AuditContextMiddleware",
    "homecare.errors.DomainErrorMiddleware",
]

ROOT_URLCONF = "homecare.urls"
WSGI_APPLICATION = "homecare.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "homecare.context.frame",
            ],
            "builtins": ["homecare.templatetags.ui", "scheduling.templatetags.scheduling"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASES = {"default": env.db("DATABASE_URL", default="postgres://localhost/homecare")}
DATABASES["default"].update(
    CONN_MAX_AGE=env.int("CONN_MAX_AGE", default=60),
    CONN_HEALTH_CHECKS=True,
    # PgBouncer in transaction mode keeps no session state between transactions.
    DISABLE_SERVER_SIDE_CURSORS=True,
    TEST={"NAME": env.str("HOMECARE_TEST_DB", default="test_homecare")},
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_DEFAULT_QUEUE = "default"
# A routing key each: without one all would be bound to the same key, and every task would run three times.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("default", "documents", "notify")]
CELERY_TASK_ROUTES = {
    "billing.tasks.render_*": {"queue": "documents"},
    "homecare.inbox.tasks.*": {"queue": "notify"},
    "homecare.webhooks.tasks.*": {"queue": "notify"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_TIMEZONE = "UTC"
# Each beat task asks a QuerySet what is due and keeps no state; minutes between runs.
BEAT_EVERY_MINUTES = {
    "homecare.jobs.tasks.sweep_jobs": 0.25,
    "homecare.jobs.tasks.beat_heart": 0.5,
    "homecare.inbox.tasks.deliver_due": 0.5,
    "homecare.webhooks.tasks.deliver_due": 0.25,
    "homecare.webhooks.tasks.forget_old": 60 * 24,
    "homecare.audit.tasks.seal_branches": 60 * 24,
    "staff.tasks.warn_expiring_credentials": 60,
    "careplans.tasks.warn_plan_reviews": 60,
    "scheduling.tasks.extend_schedules": 60 * 12,
    "scheduling.tasks.expire_offers": 1,
    "scheduling.tasks.remind_of_offers": 5,
    "scheduling.tasks.warn_late_visits": 1,
    "scheduling.tasks.remind_tomorrow": 10,
    "scheduling.tasks.remind_unapproved": 60,
    "billing.tasks.charge_approved_visits": 10,
    "billing.tasks.send_invoice_links": 1,
}
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": minutes * 60.0} for name, minutes in BEAT_EVERY_MINUTES.items()
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["homecare.accounts.backend.PermissionBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "homecare.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by invitation, which proves the address
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/15m/key"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUST_PROXY else 0  # rate limits count the real address behind our proxy
ACCOUNT_SESSION_REMEMBER = True  # how long is SESSION_COOKIE_AGE and the idle minutes, not a box to tick
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the invitation proved the address
MFA_TOTP_ISSUER = "Homecare"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # localhost during evaluation

SESSION_COOKIE_AGE = 60 * 60 * 12  # absolute, whatever the activity
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=15)
SESSION_IDLE_MINUTES_PHONE = env.int("SESSION_IDLE_MINUTES_PHONE", default=60 * 12)
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Raster tiles under the map of a day, for example https://tiles.example.org/{z}/{x}/{y}.png; without them no other host
# is asked. Whoever serves them sees which area is looked at.
MAP_TILES_URL = env("MAP_TILES_URL", default="")
MAP_TILES_CREDIT = env("MAP_TILES_CREDIT", default="")
TILES_HOST = ["{0.scheme}://{0.netloc}".format(urlsplit(MAP_TILES_URL))] if MAP_TILES_URL else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *TILES_HOST],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
CSRF_FAILURE_VIEW = "homecare.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
REFERRAL_MAX_BYTES = 20 * 1024 * 1024

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", _("English")), ("es", _("Spanish")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(VAR_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "homecare.static_finder.NpmFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "homecare.static_storage.StaticStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(VAR_DIR / "media"))

EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Homecare <office@homecare.example>")
SMS_BACKEND = env.str("SMS_BACKEND", default="homecare.inbox.sms.ConsoleBackend")

# Where this installation's users get its source code (AGPL-3.0, section 13). Empty: the page tells them to ask you.
SOURCE_URL = env.str("SOURCE_URL", default="")
VERSION = "0.1"

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "homecare.observability.configure_logging"
LOGGING = {"version": 1}  # Django calls the function above only when this is not empty

SCHEDULE_HORIZON_WEEKS = 12

# Where travel times come from: straight_line, matrix, osrm or valhalla (docs/rules.md, section 4).
TRAVEL_TIMES = env.str("TRAVEL_TIMES", default="straight_line")
TRAVEL_URL = env.str("TRAVEL_URL", default="")
TRAVEL_TIMEOUT_SECONDS = env.float("TRAVEL_TIMEOUT_SECONDS", default=1.5)

# Clocking by telephone is off until a provider and its secret are named (docs/field-work.md, section 7).
TELEPHONY_PROVIDER = env.str("TELEPHONY_PROVIDER", default="")  # "twilio": whoever speaks TwiML and signs like it
TELEPHONY_SECRET = env.str("TELEPHONY_SECRET", default="")
TELEPHONY_NUMBER = env.str("TELEPHONY_NUMBER", default="")  # what caregivers call; printed on the client's card

# A plan of care is reviewed at least every so many days (42 CFR 484.60 asks for 60).
CARE_PLAN_REVIEW_DAYS = env.int("CARE_PLAN_REVIEW_DAYS", default=60)

# Development alone: webhooks may also go to this machine, over http too. Never to any other private address.
WEBHOOKS_ALLOW_LOOPBACK = env.bool("WEBHOOKS_ALLOW_LOOPBACK", default=DEBUG)

SILENCED_SYSTEM_CHECKS: list[str] = []
if DEBUG or not HTTPS:
    # Evaluation on plain http://localhost: the cookie and redirect settings above follow SITE_URL.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]
