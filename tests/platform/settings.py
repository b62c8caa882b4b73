"""Settings of the tests: a home of their own, jobs done at once, no slow password hashes."""

import atexit
import os
import shutil
import tempfile

_home = tempfile.mkdtemp(prefix="shaar-test-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ.update(SHAAR_HOME=_home, SHAAR_CITY="astana", SHAAR_SECRET_KEY="tests", SHAAR_DEVELOPMENT="no")
for _name in ("EMAIL_URL", "SMS_URL", "TELEGRAM_TOKEN", "OIDC_NAME"):
    os.environ.pop(f"SHAAR_{_name}", None)

from shaar.platform.settings import *  # noqa: E402, F403

ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [*INSTALLED_APPS, "allauth.idp.oidc"]  # noqa: F405 (a real identity provider for the sign-in tests)
PAGE_SECONDS = 0.0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": []}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
