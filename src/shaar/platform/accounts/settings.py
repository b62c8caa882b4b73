"""How people sign in: settings of django-allauth: no passwords, a code to the phone or the mail proves who it is."""

from __future__ import annotations

from typing import Any

from shaar.platform.options import read_options

_OPTIONS = read_options()

ACCOUNT_ADAPTER = "shaar.platform.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# allauth wants one field that signing up requires; its sign-up page is not among our addresses.
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 5 * 60
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ALLAUTH_TRUSTED_PROXY_COUNT = _OPTIONS["PROXIES"]

MFA_ADAPTER = "shaar.platform.accounts.second_factor.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # many people here have a phone and no mail
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _OPTIONS["DEVELOPMENT"]
MFA_TOTP_TOLERANCE = 1
USERSESSIONS_TRACK_ACTIVITY = False

SOCIALACCOUNT_ADAPTER = "shaar.platform.accounts.state.StateAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # whom a verified claim names, `state.py` decides
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
#: Name of the provider in addresses: /account/oidc/state/login/.
STATE_PROVIDER = "state"
if _OPTIONS["OIDC_NAME"]:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": STATE_PROVIDER,
                "name": _OPTIONS["OIDC_NAME"],
                "client_id": _OPTIONS["OIDC_CLIENT_ID"],
                "secret": _OPTIONS["OIDC_CLIENT_SECRET"],
                "settings": {"server_url": _OPTIONS["OIDC_ISSUER"], "scope": ["openid", "profile", "email", "phone"]},
            }
        ],
    }
