"""Every setting that an installation may choose, in one table: the code, the docs and the help read it from here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shaar.engine.errors import InputError


def _flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError(f"yes or no is needed, not {text!r}")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: read from the environment variable ``SHAAR_<NAME>``, or from the file in ``SHAAR_<NAME>_FILE``."""

    name: str
    default: str
    read: Callable[[str], Any]
    about: str

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return f"SHAAR_{self.name}"


OPTIONS = (
    Option("HOME", "var", Path, "folder for the databases, uploaded files and the secret key"),
    Option("CITY", "astana", str, "profile of the city: a name that comes with Shaar, or a folder"),
    Option("DATABASE_URL", "", str, "postgresql://user:password@host:port/name; empty: SQLite files in HOME"),
    Option("DEVELOPMENT", "no", _flag, "yes: debug pages, codes and mails printed in the console, example sign-ins"),
    Option("EXAMPLE", "no", _flag, "yes: every page says that the people, proposals and sums are made up"),
    Option("SECRET_KEY", "", str, "long random text; empty: made once and kept in HOME/secret_key"),
    Option("HOSTS", "localhost,127.0.0.1", _words, "host names that the site answers to"),
    Option("SITE_URL", "http://localhost:8000", str, "address of the site, for links in messages"),
    Option("EMAIL_URL", "", str, "smtps://user:password@host:port (or smtp+tls, smtp); empty: mails are printed"),
    Option("EMAIL_FROM", "shaar@localhost", str, "sender of mails"),
    Option("SMS_URL", "", str, "address of the SMS gateway (JSON by POST); empty: texts are printed in the console"),
    Option("SMS_TOKEN", "", str, "bearer token of the SMS gateway"),
    Option("TELEGRAM_TOKEN", "", str, "token of the Telegram bot; empty: no Telegram"),
    Option("TELEGRAM_BOT", "", str, "name of the bot, as in t.me/<name>"),
    Option("TELEGRAM_SECRET", "", str, "secret that Telegram sends with each update"),
    Option("OIDC_NAME", "", str, "name of an OpenID Connect identity provider; empty: none"),
    Option("OIDC_ISSUER", "", str, "its issuer address"),
    Option("OIDC_CLIENT_ID", "", str, "client id at the provider"),
    Option("OIDC_CLIENT_SECRET", "", str, "client secret at the provider"),
    Option("UPLOAD_MB", "20", int, "largest file that may be uploaded, megabytes"),
    Option("PAGE_SECONDS", "5", float, "how long a page is kept for readers who have not signed in; 0: not at all"),
    Option("PROXIES", "0", int, "trusted proxies in front, which set X-Forwarded-For and X-Forwarded-Proto"),
)


def read_options(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read all options.

    Parameters
    ----------
    environment
        Variables by name; None: those of the process.

    Returns
    -------
    dict
        Value by `Option.name`.

    Raises
    ------
    InputError
        If a value cannot be understood or a variable ``SHAAR_...`` is unknown.
    """
    given = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for option in OPTIONS:
        text = given.get(option.variable, option.default)
        if secret_file := given.get(f"{option.variable}_FILE"):
            try:
                text = Path(secret_file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise InputError(str(error.strerror), file=secret_file, field=option.variable) from error
        try:
            values[option.name] = option.read(text)
        except ValueError as error:
            raise InputError(str(error), field=option.variable) from error
    return values
