"""Django settings, from the environment. `NHC_ENVIRONMENT=production` is strict; development fills in what it can."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from nhc import environment, logs

BASE_DIR = Path(__file__).resolve().parent.parent
NHC_HOME = Path(environment.text("NHC_HOME", str(BASE_DIR / ".nhc"))).resolve()
ENVIRONMENT = environment.choice("NHC_ENVIRONMENT", ("development", "production"), "development")
PRODUCTION = ENVIRONMENT == "production"

DEBUG = not PRODUCTION and environment.boolean("NHC_DEBUG", default=True)
NHC_DEMO = environment.boolean("NHC_DEMO", default=False)
if PRODUCTION and NHC_DEMO:
    raise ImproperlyConfigured("NHC_DEMO=1 signs people in without a second factor. Remove it in production.")
NHC_DEMO_PASSWORD = environment.text("NHC_DEMO_PASSWORD", "")

SECRET_KEY = environment.kept_secret(NHC_HOME, "SECRET_KEY", production=PRODUCTION)
# Apart from SECRET_KEY, so that rotating one does not end every partner's access.
API_KEY_PEPPER = environment.kept_secret(NHC_HOME, "NHC_API_KEY_PEPPER", production=PRODUCTION)
BODY_KEY = environment.key_bytes(
    environment.kept_secret(NHC_HOME, "NHC_BODY_KEY", production=PRODUCTION), "NHC_BODY_KEY"
)
# Seals the audit trail. Not in the database: whoever can rewrite rows there cannot make a seal that fits them.
AUDIT_KEY = environment.key_bytes(
    environment.kept_secret(NHC_HOME, "NHC_AUDIT_KEY", production=PRODUCTION), "NHC_AUDIT_KEY"
)
# Keys that were in use before, so that what they sealed can still be verified.
AUDIT_FORMER_KEYS = [
    environment.key_bytes(key, "NHC_AUDIT_FORMER_KEYS") for key in environment.word_list("NHC_AUDIT_FORMER_KEYS")
]

ALLOWED_HOSTS = environment.word_list("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the names this service answers to, separated by commas.")
CSRF_TRUSTED_ORIGINS = environment.word_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "nhc.apps.NhcConfig",
    "partners.apps.PartnersConfig",
    "decisions.apps.DecisionsConfig",
    "dashboard.apps.DashboardConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "django_structlog",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_linear_migrations",
]

MIDDLEWARE = [
    "nhc.requests.RequestIdentity",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "nhc.gates.SessionLimits",
    "nhc.requests.SignInRequired",
    "nhc.gates.SecondFactorRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "nhc.requests.PrivateAnswers",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "nhc.urls"
ASGI_APPLICATION = "nhc.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "nhc.jinja.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "nhc.navigation.context",
                "nhc.views.sessions.context",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "django",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

_pooled = {
    "CONN_HEALTH_CHECKS": True,
    # ASGI threads come and go, so connections live in a pool and not in the thread.
    "OPTIONS": {
        "pool": {
            "min_size": 1,
            "max_size": environment.whole_number("NHC_DATABASE_POOL", 12, least=2),
            "timeout": 5,
        }
    },
}
DATABASES: dict[str, dict[str, object]] = {
    "default": environment.database("DATABASE_URL", "postgresql://nhc_app@127.0.0.1/nhc") | _pooled,
    "owner": environment.database(
        "DATABASE_OWNER_URL", environment.text("DATABASE_URL", "postgresql://nhc_owner@127.0.0.1/nhc")
    ),
}
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = environment.text("REDIS_URL", "redis://127.0.0.1:6379/0")
# No page may wait on Redis for longer than this many seconds.
REDIS_TIMEOUT = 0.4

AUTH_USER_MODEL = "nhc.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "nhc.factors.OneTimeCodeBackend",
    "nhc.factors.RecoveryCodeBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
# What authenticate() is called with. The default names the model's field, so attempts are counted for no name at all
# and whoever is locked out may still sign in.
AXES_USERNAME_FORM_FIELD = "username"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "nhc.pages.locked_out"
# Behind a proxy the deployer names how many there are; without one the peer's own address counts.
AXES_IPWARE_PROXY_COUNT = environment.whole_number("NHC_PROXIES", 0)

AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code"]

# Seconds: the longest a session lasts, how long it lasts without activity, and how long before that end a page warns.
SESSION_ENGINE = "nhc.sessions"
SESSION_COOKIE_AGE = environment.whole_number("NHC_SESSION_SECONDS", 12 * 60 * 60, least=60)
SESSION_IDLE_SECONDS = environment.whole_number("NHC_IDLE_SECONDS", 15 * 60, least=3)
SESSION_WARNING_SECONDS = environment.whole_number("NHC_IDLE_WARNING_SECONDS", 120, least=1)
# How long after a proof of identity the most sensitive acts are allowed without another.
PROOF_SECONDS = environment.whole_number("NHC_PROOF_SECONDS", 600, least=1)
# Who may see people's records needs a second factor; the demonstration, which production refuses, has none of them.
SECOND_FACTOR_REQUIRED = not NHC_DEMO
MFA_ADAPTER = "nhc.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_TOLERANCE = 1  # half minutes: clocks of phones differ
MFA_RECOVERY_CODE_DIGITS = 10
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
IDENTITY_PROVIDERS = environment.identity_providers("NHC_IDENTITY_PROVIDERS", production=PRODUCTION)
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": provider.id,
                "name": provider.name,
                "client_id": provider.client_id,
                "secret": provider.secret,
                "settings": {
                    "server_url": provider.server_url,
                    "oauth_pkce_enabled": True,
                    "scope": ["openid", "email"],
                },
            }
            for provider in IDENTITY_PROVIDERS
        ]
    }
}
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds: a provider that hangs must not take our threads with it
PASSWORD_RESET_TIMEOUT = 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "nhc.pages.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = PRODUCTION and environment.boolean("NHC_TLS_REDIRECT", default=True)
# The container's own health check speaks plain HTTP on the loopback address.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
if environment.whole_number("NHC_PROXIES", 0):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    # The way to an identity provider begins with a form, and browsers hold what follows it to this list too.
    "form-action": [CSP.SELF, *(origin for provider in IDENTITY_PROVIDERS for origin in provider.origins)],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
}

# Calendars of employers' rotas are read from these hosts alone ("host" or "host:port"), over HTTPS. A host inside a
# private network must be named among the second, too.
CALENDAR_HOSTS = [host.lower() for host in environment.word_list("NHC_CALENDAR_HOSTS")]
CALENDAR_PRIVATE_HOSTS = [host.lower() for host in environment.word_list("NHC_CALENDAR_PRIVATE_HOSTS")]

# Bodies: the ASGI application counts bytes as they come (nhc.asgi); these are the limits behind it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
SUBMISSION_WIRE_LIMIT = 20_000_000
SUBMISSION_DECODED_LIMIT = 64_000_000
SUBMISSION_OBSERVATION_LIMIT = 200_000
SUBMISSION_SYNCHRONOUS_LIMIT = 5_000

# Outgoing e-mail. Without an address production sends none, and links are shown to whoever makes them instead.
MAILERS = {
    "default": environment.mailer("NHC_EMAIL_URL", "none://" if PRODUCTION else f"file://{NHC_HOME / 'mail'}"),
}
DEFAULT_FROM_EMAIL = environment.text("NHC_EMAIL_FROM", "no-reply@localhost")
# Where links in e-mails lead: the service's own address, without a slash at its end.
PUBLIC_URL = environment.text(
    "NHC_PUBLIC_URL",
    f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if PRODUCTION else f"http://localhost:{environment.text('PORT', '8000')}",
).rstrip("/")

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static" / "build"] if (BASE_DIR / "static" / "build").is_dir() else []
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# The roll-up: slots a transaction, and the silence after which another worker takes over a shard or a run.
ROLLUP_BATCH_SLOTS = environment.whole_number("NHC_ROLLUP_BATCH_SLOTS", 5_000, least=1)
ROLLUP_SHARD_STALE_SECONDS = environment.whole_number("NHC_SHARD_STALE_SECONDS", 120, least=1)
ROLLUP_RUN_STALE_SECONDS = environment.whole_number("NHC_RUN_STALE_SECONDS", 600, least=1)

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 1800
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": REDIS_TIMEOUT,
    "socket_timeout": 30,
    "retry_on_timeout": False,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(NHC_HOME / "beat-schedule")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "partners.api.authentication.KeyAuthentication",
        "partners.api.authentication.StaffAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["nhc.rendering.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "nhc.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "nhc.rendering.AnyAccept",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Neighbourhood health centre backbone",
    "DESCRIPTION": "Partners send figures; everyone reads the same picture.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SCHEMA_PATH_PREFIX_TRIM": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
THROTTLE_PER_MINUTE = environment.whole_number("NHC_THROTTLE_PER_MINUTE", 600, least=1)
THROTTLE_BURST = environment.whole_number("NHC_THROTTLE_BURST", 100, least=1)

LOGGING = logs.configuration(level=environment.text("NHC_LOG_LEVEL", "INFO"), readable=DEBUG)
logs.configure()

# Guardian keeps exceptions for named people and answers no question about permissions (nhc.models.NamedException).
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False

SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",  # its authentication backend is left out on purpose
    "auth.W004",  # e-mail addresses are unique, whatever their case, by a constraint that the check does not read
]
