"""Write the report: geometry once, each language after the other, one file, put in place whole."""

from __future__ import annotations

import os
import tempfile
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shaar.engine.errors import ShaarError
from shaar.engine.study.results import PlanResult
from shaar.report.colours import CIVIDIS, GAIN, LINE_DARK, LINE_LIGHT, LOSS, sequential
from shaar.report.document import document
from shaar.report.i18n import LANGUAGES, Speaker, catalogue
from shaar.report.shared import Shared, prepare


def write_report(result: PlanResult, path: Path, *, language: str = "en") -> Path:
    """Write the report of a plan as one HTML file that needs nothing from outside.

    Parameters
    ----------
    result
        Everything that ``shaar plan`` found out.
    path
        The file to write; what stood there before stays until the new one is whole.
    language
        The language shown first: ru, ky, kk or en. All four are inside.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        The language is unknown.
    ShaarError
        The file cannot be written; nothing was changed.
    """
    catalogue(language)
    return put(Path(path), render(prepare(result), language))


def put(path: Path, text: str) -> Path:
    """Write a file whole, or leave what stood there.

    Raises
    ------
    ShaarError
        The file cannot be written; nothing was changed.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as e:
        raise ShaarError(f"{path}: the report could not be written ({e.strerror or e}); nothing was changed") from e
    return path


def render(shared: Shared, language: str) -> str:
    """Return the whole page as text."""
    env = Environment(
        loader=PackageLoader("shaar.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = env.get_template("document.html.j2")
    speakers = [Speaker(x) for x in LANGUAGES]
    documents = [(s, Markup(template.render(**document(shared, s)))) for s in speakers]
    assets = files("shaar.report") / "assets"
    return env.get_template("page.html.j2").render(
        documents=documents,
        speakers=speakers,
        language=language,
        first=Speaker(language),
        titles={s.language: s.t("title", city=s.city(shared.result.city.meta)) for s in speakers},
        css=Markup((assets / "report.css").read_text(encoding="utf-8") + palette_css()),
        js=Markup((assets / "report.js").read_text(encoding="utf-8")),
        defs=shared.defs,
    )


def palette_css() -> str:
    """Return the colours that are computed: the ramp by number of classes, gain and loss, and the lines."""
    rules = []
    for n in range(1, len(CIVIDIS) + 1):
        rules += [f".q{n}-{k}{{fill:{c}}}" for k, c in enumerate(sequential(n))]
    rules += [f".d{k}{{fill:{c}}}" for k, c in enumerate(GAIN, start=1)]
    rules += [f".d-{k}{{fill:{c}}}" for k, c in enumerate(LOSS, start=1)]
    rules += [f".c{k}{{--c:{c}}}" for k, c in enumerate(LINE_LIGHT)]
    dark = "".join(f".c{k}{{--c:{c}}}" for k, c in enumerate(LINE_DARK))
    return "".join(rules) + f"@media screen and (prefers-color-scheme:dark){{{dark}}}"
