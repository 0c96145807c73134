"""Every setting, from the environment. What the newsroom itself decides is the `Newsroom` row, not here.

A missing or weak secret, DEBUG with a live key, and a live key pointed at anything but Stripe refuse to start.
"""

import hmac
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def _secret(name: str, minimum: int, for_debug: str) -> str:
    """A secret from the environment; only under DEBUG may it be missing, never may it be weak."""
    value: str = env.str(name, default=for_debug if DEBUG else "")
    if len(value) < minimum or len(set(value)) < 5 or (value.startswith("for-debug-only") and not DEBUG):
        raise ImproperlyConfigured(
            f"{name} is missing or weak: set it to at least {minimum} random characters, for example the output of "
            '`python3 -c "import secrets; print(secrets.token_urlsafe(64))"`.'
        )
    return value


DEBUG: bool = env.bool("DEBUG", default=False)
# The page that shows letters and codes to whoever opens the demo. Set by `manage.py demo` alone.
DEMO: bool = DEBUG and env.bool("DEMO", default=False)
SECRET_KEY = _secret("SECRET_KEY", 50, "for-debug-only-secret-key-0123456789-abcdefghijklmnopqrstuvwxyz")
BALLOT_SECRET = _secret("BALLOT_SECRET", 32, "for-debug-only-ballot-secret-0123456789-abcdef")

SITE_URL: str = env.str("SITE_URL", default="http://127.0.0.1:8000" if DEBUG else "").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(
        "SITE_URL is missing: set it to this installation's own address, https://support.example.org."
    )
_https = _site.scheme == "https"

# -- Stripe ----------------------------------------------------------------------------------------------------------
STRIPE_SECRET_KEY = _secret("STRIPE_SECRET_KEY", 12, "sk_test_for_debug_only")
STRIPE_API_BASE: str = env.str("STRIPE_API_BASE", default="https://api.stripe.com").rstrip("/")
STRIPE_LIVE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
# Where links for staff lead. What test keys make is shown under an address of its own.
STRIPE_DASHBOARD = "https://dashboard.stripe.com/" + ("" if STRIPE_LIVE else "test/")
STRIPE_WEBHOOK_SECRETS = [
    part.strip()
    for part in _secret("STRIPE_WEBHOOK_SECRET", 16, "whsec_for_debug_only_0123").split(",")
    if part.strip()
]
if any(len(part) < 16 for part in STRIPE_WEBHOOK_SECRETS):
    raise ImproperlyConfigured("STRIPE_WEBHOOK_SECRET holds a secret that is too short: copy it whole from Stripe.")
if not STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_", "sk_live_", "rk_live_")):
    raise ImproperlyConfigured("STRIPE_SECRET_KEY is not a Stripe key: it begins with sk_ or rk_, then test_ or live_.")
if STRIPE_LIVE and DEBUG:
    raise ImproperlyConfigured("DEBUG is on with a live Stripe key: turn DEBUG off, or use a test key.")
STRIPE_IS_SANDBOX = STRIPE_API_BASE != "https://api.stripe.com"
if STRIPE_LIVE and STRIPE_IS_SANDBOX:
    raise ImproperlyConfigured("STRIPE_API_BASE is not Stripe's own address but the key is live: use a test key there.")

# -- Django ----------------------------------------------------------------------------------------------------------
ALLOWED_HOSTS = [_site.hostname] + (["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
TRUSTED_PROXY_COUNT: int = env.int("TRUSTED_PROXY_COUNT", default=0)
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "members.Patron"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "config",
    "public",
    "portal",
    "reports",
    "people",
    "payments",
    "voting",
    "asks",
    "members",
    "letters",
    "audit",
    "limits",
    "stories",
    "newsroom",
    "reports.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_cotton",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
]
if DEBUG:
    # The stand-in for Stripe: its own process and addresses. Its tables exist only where it may run.
    INSTALLED_APPS += ["sandbox"]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "public.door.door",
    "django.middleware.security.SecurityMiddleware",
    "config.machines.machines",  # what follows is for pages
    "newsroom.pages.reads_once",
    # Pages are long and connections slow. Django pads what it compresses, so that lengths tell nothing (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.logs.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
if DEBUG:
    MIDDLEWARE.append("public.errors.NotFoundAsElsewhere")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "newsroom.pages.newsroom",
            ],
        },
    }
]
COTTON_DIR = "components"

# -- Data ------------------------------------------------------------------------------------------------------------
if not (_database_url := env.str("DATABASE_URL", default="")):
    if not DEBUG:
        raise ImproperlyConfigured("DATABASE_URL is missing: postgres://user:password@host:5432/name.")
    from config import laptop

    _database_url = laptop.database_url()
_database = env.db_url_config(_database_url)
DATABASES = {
    "default": _database
    | {
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _database.get("OPTIONS", {})
        | {"options": "-c lock_timeout=10s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"},
    }
}
if not DATABASES["default"]["ENGINE"].endswith("postgresql"):
    raise ImproperlyConfigured("DATABASE_URL is not PostgreSQL: Hromada's guarantees live in PostgreSQL.")
# Which codes of an authenticator app were used lives here, in the database: a flush of Redis must not let one in twice.
# The default of 300 entries would cull them away.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "limits_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}
SESSION_ENGINE = "members.sessions"

# -- The worker: rows are the queue, the broker only a bell ------------------------------------------------------------
REDIS_URL: str = env.str("REDIS_URL", default="")
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "socket_timeout": 1,
        "socket_connect_timeout": 1,
        "visibility_timeout": 3600,
    }
elif DEBUG:
    from config import laptop

    CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = laptop.broker()
else:
    raise ImproperlyConfigured("REDIS_URL is missing: redis://:password@host:6379/0.")

# -- Mail ------------------------------------------------------------------------------------------------------------
_email = env.email_url_config(env.str("EMAIL_URL", default="consolemail://" if DEBUG else ""))
if not _email.get("EMAIL_BACKEND"):
    raise ImproperlyConfigured("EMAIL_URL is missing: smtp+tls://user:password@mail.example.org:587.")
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = (
    _email["EMAIL_BACKEND"],
    _email["EMAIL_HOST"] or "localhost",
    _email["EMAIL_PORT"],
)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"] or "", _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.get("EMAIL_USE_TLS", False), _email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
# The user and the password in the address of a mail provider's webhook (docs/letters.md). It follows from SECRET_KEY.
MAIL_WEBHOOK_LOGIN = "mail:" + hmac.new(SECRET_KEY.encode(), b"letters.bounces", "sha256").hexdigest()[:40]
ANYMAIL = {"WEBHOOK_SECRET": MAIL_WEBHOOK_LOGIN}

# -- Languages, time -------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("uk", _("Ukrainian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"  # what the newsroom's own zone is stands in its row

# -- Files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
ERASED_FILE: str = env.str("ERASED_FILE", default="")

# -- Security --------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # The form of /support/ is answered by a redirect to Stripe, and browsers hold redirects to this list too.
        "form-action": [SELF, "https://checkout.stripe.com", "https://billing.stripe.com"]
        + (["http://127.0.0.1:*", "http://localhost:*"] if DEBUG else []),
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = _https
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
# Nothing leaves this site. Under "no-referrer" browsers would send forms with `Origin: null`, which the check refuses.
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "public.errors.csrf"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# -- Signing in: by a code sent by e-mail, or a passkey; nobody has a password ----------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:home"
LOGOUT_REDIRECT_URL = "public:home"
ACCOUNT_ADAPTER = "members.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# The code proves the address; allauth keeps no list of addresses beside ours.
ACCOUNT_EMAIL_VERIFICATION = "none"
# Limits are counted in `limits.gates` alone.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "members.accounts.MFAAdapter"
MFA_FORMS = {
    "authenticate": "members.accounts.SecondFactorForm",
    "reauthenticate": "members.accounts.SecondFactorAgainForm",
    "login_webauthn": "members.accounts.PasskeyForm",
    "authenticate_webauthn": "members.accounts.PasskeySecondForm",
    "reauthenticate_webauthn": "members.accounts.PasskeyAgainForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# -- Logs: one line of JSON each, without anything personal -----------------------------------------------------------
SENTRY_DSN: str = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    import sentry_sdk

    sentry_sdk.init(
        dsn=SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=logs.before_send,
    )
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_USER_ID_FIELD = None
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
_structlog_chain: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                logs.scrub,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": _structlog_chain,
        }
    },
    "filters": {"without_messages": {"()": lambda: logs.without_messages}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_messages"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"level": "WARNING", "handlers": []},  # Django's own would mail or print whole pages of values
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
structlog.configure(
    processors=[
        *_structlog_chain,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
SILENCED_SYSTEM_CHECKS: list[str] = []
