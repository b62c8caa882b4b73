"""Django settings, made from the options of the installation (`options.py`) and the profile of its city."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from .options import read_options
from .places.profile import read_profile

OPTIONS = read_options()
HOME = Path(OPTIONS["HOME"]).resolve()
HOME.mkdir(parents=True, exist_ok=True)
PROFILE = read_profile(OPTIONS["CITY"])
DEVELOPMENT: bool = OPTIONS["DEVELOPMENT"]
EXAMPLE: bool = OPTIONS["EXAMPLE"]


def _secret_key() -> str:
    if OPTIONS["SECRET_KEY"]:
        return str(OPTIONS["SECRET_KEY"])
    file = HOME / "secret_key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(60), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()


def _sqlite(name: str) -> dict[str, Any]:
    # Measured: without IMMEDIATE, read-then-write transactions of eight processes fail by the hundred.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(HOME / name),
        # Opening a file and saying its pragmas costs as much as a small page.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=27103364; PRAGMA cache_size=-20000;"
            ),
        },
        # Tests use files too: several connections must see one database, as in the real installation.
        "TEST": {"NAME": str(HOME / f"test_{name}")},
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    for word in parts.query.split("&"):
        if word.startswith("host="):
            host = unquote(word.removeprefix("host="))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        # As many as requests are answered at once, and some for jobs.
        "OPTIONS": {"pool": {"min_size": 2, "max_size": 12}},
    }


def _smtp(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or {"smtps": 465, "smtp+tls": 587}.get(parts.scheme, 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_TIMEOUT": 15,
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


SECRET_KEY = _secret_key()
DEBUG = DEVELOPMENT
#: Who develops wants to see at once what she changed.
PAGE_SECONDS: float = 0.0 if DEVELOPMENT else OPTIONS["PAGE_SECONDS"]
ALLOWED_HOSTS = [*OPTIONS["HOSTS"]]
SITE_URL: str = OPTIONS["SITE_URL"].rstrip("/")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "shaar.platform.kernel",
    "shaar.platform.places",
    "shaar.platform.accounts",
    "shaar.platform.propose",
    "shaar.platform.appraise",
    "shaar.platform.decide",
    "shaar.platform.portal",
    "shaar.platform.desk",
    "shaar.platform.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shaar.platform.kernel.pages.KeptPagesMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "shaar.platform.accounts.second_factor.SecondFactorMiddleware",
    "shaar.platform.kernel.gate.GateMiddleware",
    "shaar.platform.kernel.errors.RefusalMiddleware",
]
ROOT_URLCONF = "shaar.platform.urls"
WSGI_APPLICATION = "shaar.platform.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before those of libraries: pages of signing in are ours.
        "DIRS": [str(Path(__file__).parent / "portal" / "templates")],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shaar.platform.portal.context.site",
            ],
            "builtins": ["django.templatetags.i18n", "shaar.platform.portal.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# No ATOMIC_REQUESTS: with IMMEDIATE transactions every page view would take the write lock.
DATABASES = {
    "default": _postgresql(OPTIONS["DATABASE_URL"]) if OPTIONS["DATABASE_URL"] else _sqlite("shaar.sqlite3"),
}
if not OPTIONS["DATABASE_URL"]:
    # Jobs, sessions and counters in a second file: a busy queue does not hold up a vote.
    DATABASES["jobs"] = _sqlite("jobs.sqlite3")
DATABASE_ROUTERS = ["shaar.platform.kernel.routing.JobsRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "notify", "slow"]}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shaar_cache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "shaar.platform.portal.views.failures.form_too_old"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/me/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = PROFILE.languages[0]
LANGUAGES = [("ru", _("Russian")), ("ky", _("Kyrgyz")), ("kk", _("Kazakh")), ("en", _("English"))]
LOCALE_PATHS = sorted(str(path) for path in (Path(__file__).parent / "locale").iterdir() if path.is_dir())
FORMAT_MODULE_PATH = ["shaar.platform.kernel.formats"]
USE_TZ = True
TIME_ZONE = PROFILE.time_zone

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(HOME / "files"), "file_permissions_mode": 0o640},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

DEFAULT_FROM_EMAIL = SERVER_EMAIL = OPTIONS["EMAIL_FROM"]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if OPTIONS["EMAIL_URL"]:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    globals().update(_smtp(OPTIONS["EMAIL_URL"]))

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        # A form that leads to the state's sign-in is followed there by the browser.
        "form-action": ["'self'", *([_origin(OPTIONS["OIDC_ISSUER"])] if OPTIONS["OIDC_ISSUER"] else [])],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if SITE_URL.startswith("https://"):
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
if OPTIONS["PROXIES"]:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        "shaar": {"handlers": ["console"], "level": "INFO"},
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}

from .accounts.settings import *  # noqa: E402,F403 (how people sign in: a page of its own)
