"""Serve a folder on localhost until Ctrl-C."""

from __future__ import annotations

import http.server
from functools import partial
from pathlib import Path

import click

from shaar.engine.errors import ShaarError


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the console belongs to the plan's summary."""


def serve(folder: Path, *, port: int = 8000, page: str = "") -> None:
    """Serve ``folder`` on 127.0.0.1; takes the next free port when ``port`` is busy.

    Raises
    ------
    ShaarError
        Twenty ports in a row are busy.
    """
    handler = partial(_Quiet, directory=str(folder))
    for candidate in range(port, port + 20):
        try:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", candidate), handler)
        except OSError:
            continue
        break
    else:
        raise ShaarError(f"ports {port} to {port + 19} are all busy; choose another with --port")
    click.echo(f"serving on http://127.0.0.1:{candidate}/{page} (Ctrl-C stops)")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("")
