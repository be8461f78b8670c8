"""Settings: every one has an embedded default and may be given in the environment."""

import os
import socket
from pathlib import Path

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- where things live -----------------------------------------------------------------
RENDER_HOME = Path(env("RENDER_HOME", default=str(BASE_DIR / ".render"))).expanduser().resolve()
"""All data of this installation: database, embedded stores, nodes' scratch, secret keys."""

_cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
ENGINES_FOLDER = Path(env("RENDER_ENGINES", default=str(_cache_home / "render-web" / "engines")))
"""Installed renderers by version, shared by every checkout of this user."""

EMBEDDED_REDIS = "REDIS_URL" not in os.environ
EMBEDDED_S3 = "S3_ENDPOINT_URL" not in os.environ
"""Whether `manage.py up` starts its own; asked before the running stack's addresses are read."""
if (RENDER_HOME / "stack.env").is_file():
    env.read_env(RENDER_HOME / "stack.env")  # the embedded stores' addresses; the environment wins

PORT = env.int("PORT", default=8000)
BIND_ADDRESS = env("BIND_ADDRESS", default="127.0.0.1")
S3_DOOR_PORT = env.int("S3_DOOR_PORT", default=PORT + 1)
PUBLIC_URL = env("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}")
S3_DOOR_URL = env("S3_DOOR_URL", default=f"http://127.0.0.1:{S3_DOOR_PORT}")
"""What the farm's /settings tells the SDK, and what the account page shows for S3 tools."""

_page_origin = "/".join(PUBLIC_URL.split("/")[:3])
PAGE_ORIGINS = list(dict.fromkeys([_page_origin, f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"]))
"""Where pages are loaded from: the stores let these send parts and fetch pictures (CORS)."""

# --- keys ---------------------------------------------------------------------------------
SECRET_KEY = env("SECRET_KEY", default="")
if not SECRET_KEY:
    from render_web.keys import kept_key

    SECRET_KEY = kept_key(RENDER_HOME / "keys" / "secret_key")
TOKEN_KEY = env("TOKEN_KEY", default="") or SECRET_KEY
"""Derives API tokens (accounts.tokens); changing it revokes them all."""

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])

# --- database, Redis, S3 --------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{RENDER_HOME / 'database.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(RENDER_HOME / "test-database.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "render-web",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

S3_ENDPOINT_URL = env("S3_ENDPOINT_URL", default="http://127.0.0.1:8333")
S3_PUBLIC_URL = env("S3_PUBLIC_URL", default=S3_ENDPOINT_URL)
"""The same store as a browser reaches it: presigned parts and pictures go there."""
S3_ACCESS_KEY = env("S3_ACCESS_KEY", default="render-web")
S3_SECRET_KEY = env("S3_SECRET_KEY", default="render-web-local-secret")
S3_BUCKET = env("S3_BUCKET", default="render-web")
"""The one backing bucket; accounts' buckets are prefixes in it (farm.storage.backing)."""
S3_REGION = env("S3_REGION", default="us-east-1")

STORAGES = {
    "default": {
        "BACKEND": "jobs.media.MediaStorage",
        "OPTIONS": {
            "endpoint_url": S3_PUBLIC_URL,
            "access_key": S3_ACCESS_KEY,
            "secret_key": S3_SECRET_KEY,
            "bucket_name": S3_BUCKET,
            "region_name": S3_REGION,
            "location": "media",
            "addressing_style": "path",
            "signature_version": "s3v4",
            "querystring_expire": 3600,
            "file_overwrite": True,
            "default_acl": None,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- the farm the artist's side talks to -------------------------------------------------------
FARM_URL = env("FARM_URL", default=f"http://127.0.0.1:{PORT}/farm")
QARNOT_URL = env("QARNOT_URL", default="https://api.qarnot.com")
"""The other farm: of accounts that gave their own token for it."""
QARNOT_S3_URL = env("QARNOT_S3_URL", default="https://storage.qarnot.com")
"""Its storage, which pages may reach. Not called QARNOT_STORAGE_URL: the SDK would take that for every farm's."""
FREE_HOURS = env.int("FREE_HOURS", default=60)
"""Render hours that greet a new account."""

# Seams between jobs and farm, which never import each other: names resolved at run time.
ACCOUNT_STORAGE = env("ACCOUNT_STORAGE", default="farm.storage.backing.direct_location")
"""Where an account's bucket really lies, so that bytes go straight to the store."""
SCENE_PROBE = env("SCENE_PROBE", default="farm.engines.scene_reading.read_scene")
"""Reads a scene in the sandbox (a Blender opens its own) and says what it needs; empty for none."""
COLOUR_CONFIG = env("COLOUR_CONFIG", default="farm.engines.blender.colour.config_for")
"""The OCIO configuration that an EXR of a profile is looked at with; empty for a plain view."""

# The built-in farm as a stand-in for Qarnot's service, with what that does otherwise (farm.api.quirks): for tests.
FARM_QUIRKS = env.bool("FARM_QUIRKS", default=False)
FARM_QUIRKS_STATE_AGE = env.float("FARM_QUIRKS_STATE_AGE", default=5.0)
"""Seconds that what it tells of a task may be old."""
FARM_QUIRKS_RATE = env.int("FARM_QUIRKS_RATE", default=20)
"""Requests a second it takes of an account."""

NODE_NAME = env("NODE_NAME", default="")
"""Of this machine's node; by itself that of the stack is node-1, and one that joins is called as its host."""
NODE_SITE = env("NODE_SITE", default="home")
NODE_SLOTS = env.int("NODE_SLOTS", default=1)
# Whether a node installs, beside its work, the renderers it lacks.
NODE_INSTALLS = env.bool("NODE_INSTALLS", default=True)
NODE_SCRATCH = Path(env("NODE_SCRATCH", default=str(RENDER_HOME / "node")))
NODE_ADDRESS = env("NODE_ADDRESS", default="")
"""Where the other machines of the site reach this one; empty: the address from which it reaches Redis. Its Q.Box
listens there."""

# The site's cache of staged objects, which one of its nodes keeps at a time. No node's name begins with a dot.
QBOX_FOLDER = Path(env("QBOX_FOLDER", default=str(NODE_SCRATCH / ".qbox")))
QBOX_CACHE_MB = env.int("QBOX_CACHE_MB", default=20_000)
"""Less where the disk is small: never more than is left free beside it."""
QBOX_PORT = env.int("QBOX_PORT", default=0)
"""0: any that is free. A firewall between the site's machines wants a known one."""

# Images of accounts' own software (docker-batch), fetched by the nodes.
IMAGES_FOLDER = Path(env("IMAGES_FOLDER", default=str(NODE_SCRATCH / "images")))
IMAGE_CACHE_MB = env.int("IMAGE_CACHE_MB", default=20_000)
"""All images and layers kept on a machine; the least recently used ones leave."""
LARGEST_IMAGE_MB = env.int("LARGEST_IMAGE_MB", default=10_000)
REGISTRIES_INSIDE = env.list("REGISTRIES_INSIDE", default=[])
"""Registries (host:port) of the farm's own network that images may be fetched from, also without encryption."""

LICENCE_SERVERS_INSIDE = env.list("LICENCE_SERVERS_INSIDE", default=[])
"""Licence servers that artists may bring although they lie inside the farm's own network: host:port, or
network/bits:port for every machine of a network. Public addresses need not be named."""

# --- Celery -----------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "control"
CELERY_TASK_ROUTES = {
    # Minutes long for a large zip: never in the way of the sweeps, polls and submissions.
    "jobs.tasks.check_scene": {"queue": "heavy"},
    "jobs.tasks.open_pictures": {"queue": "heavy"},
    "jobs.tasks.look_through_library": {"queue": "heavy"},
    "jobs.tasks.check_add_on": {"queue": "heavy"},
    "jobs.tasks.bring_files": {"queue": "heavy"},
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    # A sender gives up at once: messages are hints, and an order shall not wait 6 s for a Redis that is away.
    "max_retries": 0,
    "interval_start": 0,
    "socket_connect_timeout": 2,
    # A node behind a firewall that forgot its connection would wait for wake-ups for ever.
    "socket_keepalive": True,
    "socket_keepalive_options": {socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3},
}
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
"""A node goes on looking for a Redis that is away, however long."""
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # One tick each; work is found in rows, so a lost or doubled tick is harmless.
    "jobs.sweep": {"task": "jobs.tasks.sweep", "schedule": 1.0, "options": {"expires": 2}},
    "farm.sweep": {"task": "farm.tasks.sweep", "schedule": 5.0, "options": {"expires": 10}},
}

# --- applications -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts",
    "jobs",
    "farm",
    "render_web.stack",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "channels",
    "csp",
    "lucide",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "render_web.urls"
ASGI_APPLICATION = "render_web.asgi.application"
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
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- accounts ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = env("EMAIL_VERIFICATION", default="none")
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # the other sessions end anyway: their hash no longer fits
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PUBLIC_URL.partition(":")[0]
ACCOUNT_ADAPTER = "accounts.sign_in.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.LoginForm",
    "signup": "accounts.sign_in.SignupForm",
    "change_password": "accounts.sign_in.ChangePasswordForm",
    "set_password": "accounts.sign_in.SetPasswordForm",
    "reset_password": "accounts.sign_in.ResetPasswordForm",
    "reset_password_from_key": "accounts.sign_in.ResetPasswordKeyForm",
    "reauthenticate": "accounts.sign_in.ReauthenticateForm",
}
MFA_ADAPTER = "accounts.mfa.EncryptingAdapter"
MFA_FORMS = {
    "authenticate": "accounts.sign_in.CodeForm",
    "reauthenticate": "accounts.sign_in.ReauthenticateByCodeForm",
    "activate_totp": "accounts.sign_in.ActivateAppForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Render Web"
MFA_TOTP_TOLERANCE = 1
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "renders"
LOGOUT_REDIRECT_URL = "landing"
EMAIL_BACKEND = env("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")

# --- pages ------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = RENDER_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, S3_PUBLIC_URL, QARNOT_S3_URL],
        "media-src": [SELF, S3_PUBLIC_URL, QARNOT_S3_URL],
        "connect-src": [SELF, S3_PUBLIC_URL, QARNOT_S3_URL],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PUBLIC_URL.startswith("https://"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "filters": {"hide_secrets": {"()": "accounts.redaction.HideSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide_secrets"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
