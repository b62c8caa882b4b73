"""The web application, for any WSGI server; a process is warm before it takes its first request."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shaar.platform.settings")
application = get_wsgi_application()


def warm_up() -> None:
    """Read the catalogues, compile the templates, and make the front page once.

    Measured: the first request for each page of a cold process takes a second or two, and on a busy evening hundreds
    wait behind it.
    """
    from django.conf import settings
    from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines
    from django.utils import translation

    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            translation.gettext("Proposals")
    for engine in engines.all():
        for folder in getattr(engine, "template_dirs", ()):
            # Those of libraries are compiled when they are asked for.
            if Path(__file__).parent in Path(folder).parents:
                for file in sorted(Path(folder).rglob("*.html")):
                    try:
                        engine.get_template(str(file.relative_to(folder)))
                    except (TemplateDoesNotExist, TemplateSyntaxError):  # the page that needs it will say so
                        continue
    host = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    for path in ("/", "/proposals/"):
        _ask(path, host, secure=bool(getattr(settings, "SECURE_SSL_REDIRECT", False)))


def _ask(path: str, host: str, *, secure: bool) -> None:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": host,
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": host, "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "https" if secure else "http",
        "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }  # fmt: skip
    answer = application(environ, _hear)
    for _part in answer:
        pass
    close = getattr(answer, "close", None)
    if close is not None:
        close()


def _hear(_status: str, _headers: list[tuple[str, str]], _fault: Any = None, /) -> Callable[[bytes], object]:
    return lambda _part: None


warm_up()
